"""What is known of a training before its first step: pictures, network and recipe, with reasons."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

import glassnet
from glassnet.errors import UsageError
from glassnet.nets.build import BuiltNet, build, given
from glassnet.nets.fit_check import check_fits
from glassnet.nets.measure import num_parameters
from glassnet.nets.rebuild import rebuild
from glassnet.nets.spec import parse_spec
from glassnet.pictures.pictures import Pictures
from glassnet.pictures.scale import Scale
from glassnet.pictures.sources import SOURCES
from glassnet.pictures.statistics import mean_and_deviation
from glassnet.terminal.answers import show_choices, show_pictures
from glassnet.trace.cost import macs_per_picture
from glassnet.training.checkpoint import machine
from glassnet.training.choices import Facts, check_device, resolve
from glassnet.verbs.source import Splits, arrange, read_source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glassnet.run import Run
    from glassnet.terminal import Terminal
    from glassnet.training.recipe import Recipe
    from glassnet.verbs.source import Source
    from glassnet.verbs.wishes import Wishes

DEFAULT_NET = "glass"
DEFAULT_SOURCE = "fashion-mini"
DEFAULT_VAL = 0.1
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
SIDED_SOURCES = ("mnist",)  # a mirrored digit is another sign, or none


@dataclass(frozen=True)
class Job:
    """A training before its first step."""

    source: str  # by name or absolute path; for objects, what they say of themselves
    read: Mapping[str, Pictures]  # the source's own splits
    splits: Splits  # as they are used
    scale: Scale
    built: BuiltNet
    parameters: int
    macs: int  # multiply-adds of one picture
    recipe: Recipe  # resolved
    reasons: dict[str, str]  # of each field of the recipe: who asked for it, or why it was chosen
    chosen: frozenset[str]  # the fields that nobody asked for
    data_dir: Path | None  # where the data set was looked for first


def prepare(
    net: nn.Module | None,
    source: Source | None,
    wishes: Wishes,
    *,
    old: Run | None,
    weights: Path | None,
    data_dir: Path | None,
    terminal: Terminal,
) -> Job:
    """Read the pictures, build the network, choose what is open, and show all of it.

    Args:
        net: A module; a NET stands in `wishes`.
        source: None for the old run's, or the default.
        wishes: The recipe and options given.
        old: The run that is resumed.
        weights: A weights file to start from.
        data_dir: Where data sets are looked for first.
        terminal: Where to.

    Returns:
        The job.

    Raises:
        UsageError: Something given cannot be used.
    """
    asked = wishes.recipe
    _refuse_early(wishes, weights, module=net, old=old)
    if source is None and old is not None:
        data_dir = data_dir or data_dir_of(old)
    source = _chosen_source(source, old)
    read = read_source(source, terminal, data_dir=data_dir)
    seed = asked.seed if asked.seed is not None else 0
    splits = arrange(read, val=asked.val if asked.val is not None else DEFAULT_VAL, seed=seed)
    show_pictures(splits.named, splits.notes, terminal)

    _seed_everything(seed)
    built = _build(net, wishes, splits.train, old, weights)
    policy, classes = splits.train.policy, splits.train.classes
    channels, height, width = policy.channels, policy.height, policy.width
    check_fits(built.module, channels=channels, height=height, width=width, num_classes=len(classes))
    macs = macs_per_picture(built.module, channels=channels, height=height, width=width)
    parameters = num_parameters(built.module)
    convolutions = [part for part in built.module.modules() if isinstance(part, CONVOLUTIONS)]
    facts = Facts(
        pictures=len(splits.train),
        height=height,
        width=width,
        channels=channels,
        mirrored=splits.train.source not in SIDED_SOURCES,
        own_val=splits.own_val,
        macs=macs,
        convolutions=bool(convolutions),
        grouped=any(part.groups > 1 for part in convolutions),
        own_net=built.record["class"].startswith("glassnet.nets.glass."),
    )
    recipe, reasons = resolve(replace(asked, net=built.record["net"]), facts)
    if asked.net is None and net is None:
        reasons["net"] = "chosen for the best accuracy in its time on pictures of 28² to 64² (measured)"
    about = f"{built.record['net']}: {parameters:,} parameters, {macs / 1e6:,.1f} M multiply-adds a picture"
    chosen, reasons = wishes.chosen | set(reasons), wishes.origins | reasons
    show_choices(about, built.notes, recipe, reasons, chosen, terminal)
    scale = _scale(recipe, splits.train)
    return Job(
        _named(source), read, splits, scale, built, parameters, macs, recipe, reasons, chosen, data_dir
    )


def _refuse_early(wishes: Wishes, weights: Path | None, *, module: nn.Module | None, old: Run | None) -> None:
    """Refuse what can be told wrong at once, before pictures are read for minutes."""
    asked = wishes.recipe
    if asked.device is not None:
        check_device(asked.device)
    if module is None and "net" in wishes.now:
        spec = parse_spec(asked.net)
        if spec.path is not None and not Path(spec.path).expanduser().is_file():
            raise UsageError("the file of the network is not there", where=spec.path)
    if weights is None:
        return
    if module is not None:
        hint = "load them into the module before: load_state_dict"
        raise UsageError("weights are for a NET by name", hint=hint)
    if old is not None:
        raise UsageError("weights and resume exclude each other", hint="a resumed run goes on with its own")
    if not weights.expanduser().is_file():
        raise UsageError("the weights file is not there", where=weights)


def _chosen_source(source: Source | None, old: Run | None) -> Source:
    if source is not None:
        return source
    if old is None:
        return DEFAULT_SOURCE
    if not old.info["source"]["by_name"]:
        raise UsageError(
            "the run was trained on picture objects", where=old.path, hint="give them again as source"
        )
    return old.info["source"]["name"]


def data_dir_of(run: Run) -> Path | None:
    """Tell where a run's data set was looked for first.

    Args:
        run: The run.

    Returns:
        The folder that was given then, or None.
    """
    given_then = run.info["source"].get("data_dir")
    return Path(given_then) if isinstance(given_then, str) else None


def describe(job: Job, command: list[str]) -> dict[str, Any]:
    """Write down a job for `run.json`.

    Args:
        job: Before its first step.
        command: The words that started it.

    Returns:
        Plain data.
    """
    splits, first = job.splits.named, job.splits.train
    return {
        "glassnet": glassnet.__version__,
        "command": command,
        "machine": machine(),
        "source": {
            "name": job.source,
            "by_name": not job.source.startswith("<"),
            "data_dir": None if job.data_dir is None else str(job.data_dir.resolve()),
            "classes": list(first.classes),
            "policy": asdict(first.policy),
            "mean": list(job.scale.mean),
            "deviation": list(job.scale.deviation),
            "splits": {
                name: {"images": len(pictures), "fingerprint": pictures.fingerprint}
                for name, pictures in splits.items()
            },
            "own_val": job.splits.own_val,
            "notes": list(job.splits.notes),
            "rejected": [asdict(r) for r in dict.fromkeys(r for p in splits.values() for r in p.rejected)],
        },
        "net": job.built.record,
        "parameters": job.parameters,
        "macs_per_picture": job.macs,
        "recipe": asdict(job.recipe),
        "reasons": job.reasons,
        "chosen": sorted(job.chosen),
    }


def changes(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Tell what differs between a run and the job that is to go on with it.

    Args:
        before: From the run's `run.json`.
        now: From `describe`.

    Returns:
        A line for each difference in pictures, network and recipe that changes the result.
    """
    lines = [
        f"recipe, {name}: {value}, now {now['recipe'][name]}"
        for name, value in before["recipe"].items()
        if name != "net" and now["recipe"].get(name) != value
    ]
    for name in sorted({*before["source"]["splits"], *now["source"]["splits"]}):
        was, is_now = before["source"]["splits"].get(name), now["source"]["splits"].get(name)
        if was != is_now:
            lines.append(f"pictures, {name}: {_split(was)}, now {_split(is_now)}")
    was_net, is_net = (_without_folder(side["net"]) for side in (before, now))
    was_source, is_source = before["net"]["source"] or {}, now["net"]["source"] or {}
    objects = None in (before["net"]["resolved"], now["net"]["resolved"])  # their arguments are not known
    if was_net != is_net and not (objects and was_source):
        lines.append(f"network: {was_net}, now {is_net}")
    if (was_source.get("sha256"), was_source.get("siblings")) != (
        is_source.get("sha256"),
        is_source.get("siblings"),
    ):
        lines.append(f"network, code: {was_source.get('path')} has changed")
    return lines


def _without_folder(record: dict[str, Any]) -> str:
    """Write a network so that it is the same after its file has moved; the hash tells of its code."""
    if record["resolved"] is None:
        return record["class"]
    spec = parse_spec(record["resolved"])
    return str(replace(spec, path=Path(spec.path).name) if spec.path else spec)


def _split(split: dict[str, Any] | None) -> str:
    if split is None:
        return "none"
    return f"{split.get('images')} with fingerprint {str(split.get('fingerprint'))[:8]}"


def _named(source: Source) -> str:
    if isinstance(source, Pictures | dict):
        first = source if isinstance(source, Pictures) else next(iter(source.values()))
        return f"<{first.source}>"
    if str(source) in SOURCES:
        return str(source)  # also where a folder of that name lies about
    return str(Path(source).expanduser().resolve())


def _scale(recipe: Recipe, pictures: Pictures) -> Scale:
    if recipe.normalize == "half":
        return Scale((0.5,) * pictures.policy.channels, (0.5,) * pictures.policy.channels)
    return Scale(*mean_and_deviation(pictures))


def _seed_everything(seed: int) -> None:
    """Seed the global generators too: first weights and dropout use them, and a network's own code may."""
    torch.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002


def _build(
    net: nn.Module | None, wishes: Wishes, pictures: Pictures, old: Run | None, weights: Path | None
) -> BuiltNet:
    policy = pictures.policy
    if net is not None:
        return given(
            net, in_channels=policy.channels, height=policy.height, width=policy.width,
            num_classes=len(pictures.classes),
        )  # fmt: skip
    if old is not None:
        again = wishes.recipe.net if "net" in wishes.now else None
        record = old.info["net"]
        limit = old.info["parameters"] * 8 + 1_000_000
        built = rebuild(record, run=old.path, net=again, weights_bytes=limit)
        return built if again else replace(built, record={**built.record, "net": record["net"]})
    return build(
        wishes.recipe.net or DEFAULT_NET, in_channels=policy.channels, height=policy.height,
        width=policy.width, num_classes=len(pictures.classes), weights=weights,
    )  # fmt: skip
