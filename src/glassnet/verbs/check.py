"""`check`: name the mistakes of a network, a recipe and its pictures before a long training."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from glassnet.checks.found import find
from glassnet.checks.rules import RULES
from glassnet.checks.silence import ignored_codes
from glassnet.errors import NetError
from glassnet.nets.build import build, given
from glassnet.terminal import open_terminal
from glassnet.terminal.findings import show_checked, show_found
from glassnet.texts import choose_language
from glassnet.training.recipe import Recipe
from glassnet.verbs.prepare import prepare
from glassnet.verbs.source import arrange, read_source
from glassnet.verbs.subject import open_subject
from glassnet.verbs.surroundings import modes_kept, put_back
from glassnet.verbs.trial import try_noise, try_recipe
from glassnet.verbs.wishes import lay_together

if TYPE_CHECKING:
    from glassnet.checks.found import Found
    from glassnet.checks.seen import Seen
    from glassnet.terminal import Terminal
    from glassnet.verbs.source import Source

CODES = tuple(rule.code for rule in RULES)


@dataclass(frozen=True, eq=False)
class Checked:
    """What was found.

    Attributes:
        net: The network's name.
        seen: What its short training showed.
        found: The findings.
        seconds: What it took.
    """

    net: str
    seen: Seen
    found: Found
    seconds: float


def check(
    net: nn.Module | str | Path,
    pictures: Source | None = None,
    *,
    recipe: Recipe | str | Path | None = None,
    input: str | tuple[int, ...] | None = None,  # noqa: A002 — the option's name
    weights: Path | str | None = None,
    data_dir: Path | None = None,
    lang: str | None = None,
    terminal: Terminal | None = None,
) -> Checked:
    """Name the mistakes of a network, a recipe and its pictures, by training a copy for three steps.

    Args:
        net: A module, a NET, or the folder of a run; a module is left as it was.
        pictures: What it is to be trained on; None for noise, so that nothing is said of pictures.
        recipe: How it is to be trained, see `train`.
        input: Channels, height and width such as `3x32x32`, where there are no pictures.
        weights: A weights file for the network.
        data_dir: Where data sets are looked for first.
        lang: `en` or `zh`, see `choose_language`.
        terminal: Where texts go; None for standard error.

    Returns:
        The findings, worst first.

    Raises:
        UsageError: The network or the pictures cannot be used.

    Example:
        >>> net = nn.Sequential(nn.Flatten(), nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
        >>> check(net, input="1x2x2", lang="en").found.bad
        False
    """
    began = time.perf_counter()
    lang, terminal = choose_language(lang), terminal or open_terminal(json=True)
    path = None if weights is None else Path(weights).expanduser()
    ignored = ignored_codes(_folder_of(net), CODES)
    with put_back(), modes_kept(net):
        if pictures is None:
            subject = open_subject(
                net, input=input, weights=path, data_dir=data_dir, lang=lang, terminal=terminal
            )
            name = subject.record["net"]
            if not isinstance(subject.images, torch.Tensor):
                raise NetError(
                    "it takes several inputs", where=subject.record["net"], expected="pictures alone"
                )
            seen = try_noise(subject.module, tuple(subject.images.shape[1:]))
        else:
            name, seen = _tried(net, pictures, recipe, path, data_dir, terminal)
        found = find(seen, ignored=ignored)
    checked = Checked(name, seen, found, time.perf_counter() - began)
    show_checked(name, seen, checked.seconds, lang, terminal)
    show_found(found, lang, terminal)
    return checked


def _tried(
    net: nn.Module | str | Path,
    pictures: Source,
    recipe: Recipe | str | Path | None,
    weights: Path | None,
    data_dir: Path | None,
    terminal: Terminal,
) -> tuple[str, Seen]:
    """Train on the pictures for some steps; a network that does not fit them crashes in its first pass."""
    read = read_source(pictures, terminal, data_dir=data_dir)
    module, options = (net, Recipe()) if isinstance(net, nn.Module) else (None, Recipe(net=str(net)))
    wishes = lay_together(old=None, recipe=recipe, options=options)
    try:
        job = prepare(module, read, wishes, old=None, weights=weights, data_dir=data_dir, terminal=terminal)
    except NetError as error:
        splits = arrange(read, val=0.1, seed=0)
        policy, classes = splits.train.policy, splits.train.classes
        shape = (policy.channels, policy.height, policy.width)
        channels, height, width = shape
        if module is not None:
            built = given(module, in_channels=channels, height=height, width=width, num_classes=len(classes))
        else:
            built = build(
                str(net), in_channels=channels, height=height, width=width, num_classes=len(classes),
                weights=weights,
            )  # fmt: skip
        seen = try_noise(built.module, shape, num_classes=len(classes))
        seen.splits, seen.classes = splits.named, classes
        if not find(seen).bad:  # no rule knows better than the network's own error
            raise error from None
        return built.record["net"], seen
    seen = try_recipe(job.built.module, job.splits.train, job.splits.val, job.recipe, job.scale)
    seen.splits, seen.classes = job.splits.named, job.splits.train.classes
    return job.built.record["net"], seen


def _folder_of(net: nn.Module | str | Path) -> Path:
    """Find the folder whose settings hold for a network: that of its file, else the working folder."""
    file = str(net).partition(":")[0] if isinstance(net, str | Path) else ""
    return Path(file).parent if file.endswith(".py") and Path(file).is_file() else Path.cwd()
