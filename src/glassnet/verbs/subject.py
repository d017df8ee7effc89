"""What is looked at or explained: a network and the picture that it gets."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from glassnet.errors import NetError, UsageError
from glassnet.nets.build import build, given
from glassnet.nets.weights import TORCH_ENDINGS
from glassnet.pictures.pictures import Policy
from glassnet.pictures.scale import Scale
from glassnet.pictures.sources import open_source
from glassnet.terminal import Terminal, open_terminal
from glassnet.terminal.console import from_here
from glassnet.terminal.progress import show_reading
from glassnet.texts import choose_language, texts
from glassnet.verbs.given import Chosen, read_given
from glassnet.verbs.load import load_run
from glassnet.verbs.own_sight import OwnSight, own_sight
from glassnet.verbs.source import read_for_run
from glassnet.verbs.surroundings import put_back
from glassnet.verbs.taken import PICTURE_AXES, Taken, chosen_shape, some_numbers, take, take_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glassnet.pictures.pictures import Pictures
    from glassnet.verbs.given import Given
    from glassnet.verbs.taken import Shape

UNKNOWN_SHAPE = (3, 32, 32)  # for building a network whose arguments do not depend on it
MOST_NUMBERS = 10**9  # of one picture: 4 GB


@dataclass(frozen=True, eq=False)
class Subject:
    """A network and the picture that it gets.

    Attributes:
        module: The network, in eval mode unless asked otherwise.
        images: What it gets: for pictures float32, 1×C×H×W; given tensors are as given.
        raw: The picture before scaling, uint8 H×W×C, to be drawn; None for numbers and made-up pictures.
        picture: In a few words, such as `fashion-mini:test[3]`.
        label: The picture's class as the network numbers it, where known.
        label_name: The name of its class, where known.
        classes: Names of the network's outputs; empty where they are not known.
        scale: How pixels became numbers; None where they did not.
        record: As `BuiltNet.record`, plain JSON.
        notes: What a person should know, a sentence each, in their language.
    """

    module: nn.Module
    images: torch.Tensor | tuple | dict
    raw: np.ndarray | None
    picture: str
    label: int | None
    label_name: str | None
    classes: tuple[str, ...]
    scale: Scale | None
    record: Mapping[str, Any]
    notes: tuple[str, ...]


def open_subject(
    net: nn.Module | str | Path,
    picture: Any = None,
    *,
    input: str | tuple[int, ...] | None = None,  # noqa: A002 — the option's name
    weights: Path | str | None = None,
    data_dir: Path | None = None,
    training: bool = False,
    lang: str | None = None,
    terminal: Terminal | None = None,
) -> Subject:
    """Open a network together with the picture that it gets.

    Args:
        net: A module, a NET, or the folder of a run.
        picture: A picture file; a file of numbers (`.npy`, `.json`, `.csv`), taken as they are; SOURCE (the
            first test picture), SOURCE[3], SOURCE:train[3]; an array or tensor; None for ones.
        input: Channels, height and width such as `3x32x32`; by default those of the picture's source, of the
            network, or the first usual size that the network takes, which is then said.
        weights: A weights file for the network.
        data_dir: Where data sets are looked for first.
        training: Whether the network is put in training mode.
        lang: Language of the notes, see `choose_language`.
        terminal: Where progress goes; None for standard error.

    Returns:
        The subject. A module that was given is in the mode asked for, otherwise untouched.

    Raises:
        UsageError: The network or the picture cannot be used.

    Example:
        >>> subject = open_subject("lenet", "fashion-mini[3]", lang="en")
        >>> tuple(subject.images.shape), subject.label_name
        ((1, 1, 28, 28), 'Trouser')
    """
    if not isinstance(net, nn.Module | str | Path):
        raise NetError("this is no network", got=repr(net)[:80], expected="an nn.Module, a NET or a run")
    words = texts(choose_language(lang), "subject")
    terminal = terminal or open_terminal(json=True)
    shape = parse_input(input)
    found, exact = read_given(picture), isinstance(picture, torch.Tensor)
    if not isinstance(net, nn.Module) and (Path(net) / "run.json").is_file():
        if weights is not None:
            raise UsageError("a run has weights of its own", where=net, got=f"--weights {weights}")
        if shape is not None:
            raise UsageError("a run knows the size of its pictures", where=net, got=f"--input {input}")
        subject = _of_run(Path(net), found, data_dir, terminal, words, exact=exact)
    elif isinstance(net, nn.Module):
        if weights is not None:
            hint = "load them into the module before: load_state_dict"
            raise UsageError("weights are for a NET by name", hint=hint)
        subject = _of_module(net, found, shape, data_dir, terminal, words, exact=exact)
    else:
        path = None if weights is None else Path(weights).expanduser()
        subject = _of_net(str(net), found, shape, path, data_dir, terminal, words, exact=exact)
    subject.module.train(training)
    return subject


def parse_input(text: str | tuple[int, ...] | None) -> tuple[int, ...] | None:
    """Read the size of one picture.

    Args:
        text: Such as `3x32x32` or `3×32×32`; a tuple stays as it is.

    Returns:
        Channels, height, width; or any other number of axes, for networks that take no pictures.

    Raises:
        UsageError: It is no such size.

    Example:
        >>> parse_input("3x32x32")
        (3, 32, 32)
    """
    if text is None:
        return None
    sides = text if isinstance(text, tuple) else text.lower().replace("×", "x").replace("*", "x").split("x")
    try:
        shape = tuple(int(side) for side in sides)
    except ValueError:
        shape = ()
    if not shape or min(shape) < 1 or math.prod(shape) > MOST_NUMBERS:
        raise UsageError(
            "this is no size of a picture", where="--input", got=repr(text),
            expected=f"channels, height and width: 3x32x32; at most {MOST_NUMBERS:,} numbers",
        )  # fmt: skip
    return shape


def _of_run(
    run: Path,
    found: Given,
    data_dir: Path | None,
    terminal: Terminal,
    words: Mapping[str, str],
    *,
    exact: bool,
) -> Subject:
    trained = load_run(run, net=None, terminal=terminal)
    policy, classes = trained.policy, trained.classes
    if isinstance(found, Chosen):
        splits = read_for_run(found.source, terminal, data_dir=data_dir, policy=policy, classes=classes)
        taken = take_from(found, splits)
    else:
        shape = (policy.channels, policy.height, policy.width)
        taken = take(found, trained.net, shape, words, exact=exact)
    notes = [] if taken.raw is None else [_scaled(words["scaled_run"], trained.scale)]
    return _finished(trained.net, taken, trained.scale, classes, trained.info["net"], notes)


def _of_module(
    module: nn.Module,
    found: Given,
    shape: Shape | None,
    data_dir: Path | None,
    terminal: Terminal,
    words: Mapping[str, str],
    *,
    exact: bool,
) -> Subject:
    splits = _splits(found, shape, data_dir, terminal)
    classes = next(iter(splits.values())).classes if splits else ()
    taken, shape, notes = _sized(module, found, shape, splits, words, exact=exact)
    sides = shape if len(shape) == PICTURE_AXES else UNKNOWN_SHAPE
    record = given(
        module, in_channels=sides[0], height=sides[1], width=sides[2], num_classes=len(classes)
    ).record
    return _finished(module, taken, _plain_scale(taken), classes, record, notes + _said_plain(taken, words))


def _of_net(
    net: str,
    found: Given,
    shape: Shape | None,
    weights: Path | None,
    data_dir: Path | None,
    terminal: Terminal,
    words: Mapping[str, str],
    *,
    exact: bool,
) -> Subject:
    """Build a NET for the size that was asked for, the source's, the numbers', or its own."""
    _refuse_no_net(net)
    own = own_sight(net, weights)
    splits = _splits(found, shape, data_dir, terminal)
    source_classes = ()
    if splits:
        first = next(iter(splits.values()))
        source_classes = first.classes
        shape = (first.policy.channels, first.policy.height, first.policy.width)
    asked = shape
    if shape is None and isinstance(found, torch.Tensor) and 1 < found.dim() <= PICTURE_AXES + 1:
        shape = (*(1,) * (PICTURE_AXES - found.dim()), *found.shape[-PICTURE_AXES:])
    shape = shape or own.shape
    module, record, notes = _built(net, shape, own, weights, source_classes, words)
    taken, _, more = _sized(module, found, asked or own.shape, splits, words, exact=exact)
    notes += more
    if own.scale is None:
        scale = _plain_scale(taken)
        notes += _said_plain(taken, words)
    else:
        scale = own.scale
        notes += [_scaled(words["scaled_pretrained"], scale)] if taken.raw is not None else []
    classes = own.classes or (source_classes if record["num_classes"] == len(source_classes) else ())
    return _finished(module, taken, scale, classes, record, notes)


def _splits(
    found: Given, shape: Shape | None, data_dir: Path | None, terminal: Terminal
) -> Mapping[str, Pictures]:
    """Read the source, where one was given."""
    if not isinstance(found, Chosen):
        return {}
    policy = None
    if shape is not None and len(shape) == PICTURE_AXES:
        policy = Policy(channels=shape[0], height=shape[1], width=shape[2])
    return show_reading(open_source(found.source, data_dir=data_dir, policy=policy), terminal)


def _sized(
    module: nn.Module,
    found: Given,
    shape: Shape | None,
    splits: Mapping[str, Pictures],
    words: Mapping[str, str],
    *,
    exact: bool,
) -> tuple[Taken, Shape, list[str]]:
    """Take the picture in its size, which is looked for where nobody named it."""
    if isinstance(found, Chosen):
        taken = take_from(found, splits)
        height, width, channels = taken.raw.shape if taken.raw is not None else UNKNOWN_SHAPE
        return taken, (channels, height, width), []
    if shape is not None:
        return take(found, module, shape, words, exact=exact), shape, []
    if found is None or isinstance(found, Path):
        shape, note = chosen_shape(module, found, words)
        return take(found, module, shape, words, exact=exact), shape, [note]
    taken = take(found, module, None, words, exact=exact)
    images = taken.images
    return taken, tuple(images.shape[1:]) if isinstance(images, torch.Tensor) else UNKNOWN_SHAPE, []


def _refuse_no_net(net: str) -> None:
    path = Path(net).expanduser()
    if path.is_file() and path.suffix.lower() in (*TORCH_ENDINGS, ".safetensors"):
        raise NetError(
            "a file of weights holds no network", where=net, expected="a NET, and the weights beside it",
            hint=f"glassnet look FILE.py:CLASS --weights {net}",
        )  # fmt: skip
    if path.is_dir():
        raise UsageError(
            "this is neither a NET nor a run", where=net, got="a folder without run.json",
            hint="glassnet train writes a run and tells where it lies",
        )  # fmt: skip


def _built(
    net: str,
    shape: Shape | None,
    own: OwnSight,
    weights: Path | None,
    source_classes: tuple[str, ...],
    words: Mapping[str, str],
) -> tuple[nn.Module, dict[str, Any], list[str]]:
    """Build a NET; fresh weights come from a fixed seed, so that the numbers shown can be had again."""
    has_weights = weights is not None or "weights=" in net
    num_classes = len(source_classes) if source_classes and not has_weights else own.num_classes
    channels, height, width = shape if shape and len(shape) == PICTURE_AXES else UNKNOWN_SHAPE
    with put_back():
        torch.manual_seed(0)
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002
        built = build(
            net, in_channels=channels, height=height, width=width, num_classes=num_classes,
            weights=weights, loaded=own.loaded,
        )  # fmt: skip
    notes = [note for note in built.notes if not note.startswith("filled in for the pictures")]
    if from_here(built.record["resolved"]) != net:
        notes.insert(0, words["built_as"].format(resolved=from_here(built.record["resolved"])))
    if built.record["weights"] is not None:
        notes.append(words["weights_from"].format(path=built.record["weights"]["from"]))
    elif any(True for _ in built.module.parameters()):
        notes.append(words["fresh_weights"])
    return built.module, built.record, notes


def _finished(
    module: nn.Module,
    taken: Taken,
    scale: Scale,
    classes: tuple[str, ...],
    record: Mapping[str, Any],
    notes: list[str],
) -> Subject:
    images = () if taken.images is None else taken.images
    if taken.raw is not None:
        some = some_numbers(module)
        images = scale.apply(taken.raw[None]).to(device=some.device, dtype=some.dtype)
    label = classes.index(taken.label_name) if taken.label_name in classes else None
    return Subject(
        module, images, taken.raw, taken.name, label, taken.label_name, classes,
        scale if taken.raw is not None else None, record, tuple(dict.fromkeys((*notes, *taken.notes))),
    )  # fmt: skip


def _plain_scale(taken: Taken) -> Scale:
    channels = 1 if taken.raw is None else taken.raw.shape[2]
    return Scale((0.0,) * channels, (1.0,) * channels)


def _said_plain(taken: Taken, words: Mapping[str, str]) -> list[str]:
    return [] if taken.raw is None else [words["scaled_255"]]


def _scaled(template: str, scale: Scale) -> str:
    mean, deviation = (
        ", ".join(f"{value:.4g}" for value in dict.fromkeys(side)) for side in (scale.mean, scale.deviation)
    )
    return template.format(mean=mean, deviation=deviation)
