"""What is looked at or explained: a network and the picture that it gets."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from glassnet.errors import NetError, UsageError
from glassnet.nets.build import build, given
from glassnet.nets.weights import TORCH_ENDINGS
from glassnet.pictures.pictures import Pictures, Policy
from glassnet.pictures.policy import decode_picture, read_picture
from glassnet.pictures.scale import Scale
from glassnet.pictures.sources import open_source
from glassnet.terminal import Terminal, open_terminal
from glassnet.terminal.progress import show_reading
from glassnet.texts import choose_language, texts
from glassnet.verbs.given import Chosen, Given, read_given
from glassnet.verbs.load import load_run
from glassnet.verbs.own_sight import OwnSight, own_sight
from glassnet.verbs.source import read_for_run
from glassnet.verbs.surroundings import put_back
from glassnet.verbs.usual_sizes import first_that_fits, text_of, usual_sizes

if TYPE_CHECKING:
    from collections.abc import Mapping

SPLIT_ORDER = ("test", "val", "train")


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


@dataclass(frozen=True, eq=False)
class _Picture:
    """A picture before scaling, or numbers that are taken as they are."""

    images: torch.Tensor | tuple | dict | None
    raw: np.ndarray | None
    name: str
    label_name: str | None = None
    notes: tuple[str, ...] = ()


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
        >>> subject.images.shape, subject.label_name
        (torch.Size([1, 1, 28, 28]), 'T-shirt/top')
    """
    words = texts(choose_language(lang), "subject")
    terminal = terminal or open_terminal(json=True)
    shape = parse_input(input)
    found = read_given(picture)
    if not isinstance(net, nn.Module) and (Path(net) / "run.json").is_file():
        if weights is not None:
            raise UsageError("a run has weights of its own", where=net, got=f"--weights {weights}")
        if shape is not None:
            raise UsageError("a run knows the size of its pictures", where=net, got=f"--input {input}")
        subject = _of_run(Path(net), found, data_dir, terminal, words)
    else:
        path = None if weights is None else Path(weights).expanduser()
        subject = _of_net(net, found, shape, path, data_dir, terminal, words)
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
    if not shape or min(shape) < 1:
        raise UsageError(
            "this is no size of a picture", where="--input", got=repr(text),
            expected="channels, height and width: 3x32x32",
        )  # fmt: skip
    return shape


def _of_run(run: Path, found: Given, data_dir: Path | None, terminal: Terminal, words: dict) -> Subject:
    trained = load_run(run, net=None, terminal=terminal)
    policy = trained.policy
    shape = (policy.channels, policy.height, policy.width)
    if isinstance(found, Chosen):
        splits = read_for_run(
            found.source, terminal, data_dir=data_dir, policy=policy, classes=trained.classes
        )
        taken = _taken(found, splits)
    else:
        taken = _read(found, trained.net, shape, words)
    notes = (
        (*taken.notes, _scaled(words["scaled_run"], trained.scale)) if taken.raw is not None else taken.notes
    )
    subject = _finished(trained.net, taken, trained.scale, trained.classes, trained.info["net"], notes)
    return replace(subject, images=_to(subject.images, trained.compute.device))


def _of_net(
    net: nn.Module | str | Path,
    found: Given,
    shape: tuple[int, ...] | None,
    weights: Path | None,
    data_dir: Path | None,
    terminal: Terminal,
    words: dict,
) -> Subject:
    """Open a module or NET; the picture's size comes from what was asked, the source, or the network."""
    if isinstance(net, nn.Module):
        if weights is not None:
            hint = "load them into the module before: load_state_dict"
            raise UsageError("weights are for a NET by name", hint=hint)
        own = OwnSight(None, 0)
    else:
        net = str(net)
        _refuse_no_net(net)
        own = own_sight(net, weights)
    taken, source_classes = None, ()
    if isinstance(found, Chosen):
        policy = Policy(shape[1], shape[2], shape[0]) if shape and len(shape) == 3 else None  # noqa: PLR2004
        splits = show_reading(open_source(found.source, data_dir=data_dir, policy=policy), terminal)
        taken = _taken(found, splits)
        first = next(iter(splits.values()))
        source_classes = first.classes
        shape = (first.policy.channels, first.policy.height, first.policy.width)
    elif isinstance(found, torch.Tensor) and shape is None and found.dim() in (2, 3, 4):
        shape = (*(1,) * (3 - found.dim()), *tuple(found.shape)[-3:])
    asked, shape = shape, shape or own.shape
    if isinstance(net, nn.Module):
        module, record, notes = net, None, []
    else:
        module, record, notes = _built(net, shape, own, weights, source_classes, words)
    if taken is None:
        if shape is None:
            shape, note = _chosen_shape(module, found, words)
            notes += [note] if note else []
        taken = _read(found, module, shape, words, asked=asked is not None)
    if record is None:
        sides = shape if len(shape) == 3 else (1, 1, 1)  # noqa: PLR2004
        sight = {"in_channels": sides[0], "height": sides[1], "width": sides[2]}
        record = given(module, **sight, num_classes=max(len(source_classes), 1)).record
    scale = own.scale or Scale((0.0,) * shape[0], (1.0,) * shape[0])
    if taken.raw is not None:
        notes.append(_scaled(words["scaled_pretrained"], scale) if own.scale else words["scaled_255"])
    classes = own.classes or (source_classes if record["num_classes"] == len(source_classes) else ())
    return _finished(module, taken, scale, classes, record, (*notes, *taken.notes))


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
    shape: tuple[int, ...] | None,
    own: OwnSight,
    weights: Path | None,
    source_classes: tuple[str, ...],
    words: dict,
) -> tuple[nn.Module, dict[str, Any], list[str]]:
    """Build a NET; fresh weights come from a fixed seed, so that the numbers shown can be had again."""
    has_weights = weights is not None or "weights=" in net
    num_classes = len(source_classes) if source_classes and not has_weights else own.num_classes
    sides = shape if shape and len(shape) == 3 else usual_sizes()[0]  # noqa: PLR2004
    with put_back():
        torch.manual_seed(0)
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002
        built = build(
            net, in_channels=sides[0], height=sides[1], width=sides[2], num_classes=num_classes,
            weights=weights, loaded=own.loaded,
        )  # fmt: skip
    notes = [note for note in built.notes if not note.startswith("filled in for the pictures")]
    if built.record["resolved"] != net:
        notes.insert(0, words["built_as"].format(resolved=built.record["resolved"]))
    if built.record["weights"] is None and any(True for _ in built.module.parameters()):
        notes.append(words["fresh_weights"])
    elif built.record["weights"] is not None:
        notes.append(words["weights_from"].format(path=built.record["weights"]["from"]))
    return built.module, built.record, notes


def _chosen_shape(module: nn.Module, found: Given, words: dict) -> tuple[tuple[int, ...], str | None]:
    """Find a size for a network that says none: the picture's own, else the first usual one that it takes."""
    candidates = list(usual_sizes(module))
    if isinstance(found, Path):
        with found.open("rb") as file:
            facts, _ = decode_picture(file, Policy(1, 1, 1))
        candidates.insert(0, (facts.channels, facts.height, facts.width))
        candidates.insert(1, (4 - facts.channels, facts.height, facts.width))
    elif found is not None:
        return (1, 1, 1), None
    shape = first_that_fits(module, candidates)
    if shape is None:
        raise UsageError(
            "the size of this network's pictures is not known",
            got=f"none of {', '.join(map(text_of, candidates))} runs through it",
            hint="name it: --input CHANNELSxHEIGHTxWIDTH",
        )
    return shape, words["input_chosen"].format(shape=text_of(shape))


def _read(
    found: Given, module: nn.Module, shape: tuple[int, ...], words: dict, *, asked: bool = True
) -> _Picture:
    """Read a picture file or numbers; for nothing, make ones."""
    some = next((p for p in module.parameters() if p.is_floating_point()), torch.zeros(1))
    if found is None:
        ones = torch.ones(1, *shape, dtype=some.dtype, device=some.device)
        return _Picture(ones, None, words["ones"].format(shape=text_of(shape)))
    if isinstance(found, Path):
        if len(shape) != 3 or shape[0] not in (1, 3):  # noqa: PLR2004
            raise NetError(
                "this network takes no pictures", where=str(found), got=text_of(shape),
                expected="1 or 3 channels, height and width", hint="give numbers: a .npy, .json or .csv file",
            )  # fmt: skip
        return _read_file(found, Policy(shape[1], shape[2], shape[0]), words)
    if isinstance(found, torch.Tensor):
        return _as_batch(found, module, some, shape if asked else None, words)
    return _Picture(found, None, words["tensors"])  # pyright: ignore[reportArgumentType] — several inputs


def _read_file(path: Path, policy: Policy, words: dict) -> _Picture:
    raw = read_picture(path, policy)
    with path.open("rb") as file:
        facts, _ = decode_picture(file, Policy(1, 1, 1))
    was = (facts.channels, facts.height, facts.width)
    now = (policy.channels, policy.height, policy.width)
    notes = () if was == now else (words["resized"].format(was=text_of(was), now=text_of(now)),)
    return _Picture(None, raw, str(path), notes=notes)


def _as_batch(
    numbers: torch.Tensor, module: nn.Module, some: torch.Tensor, shape: tuple[int, ...] | None, words: dict
) -> _Picture:
    """Take numbers as they are; axes before them are added until the network takes them."""
    notes = []
    if not numbers.is_floating_point() and not _reads_whole_numbers(module):
        notes.append(words["converted"].format(was=str(numbers.dtype)[6:], now=str(some.dtype)[6:]))
        numbers = numbers.to(some.dtype)
    elif numbers.is_floating_point():
        numbers = numbers.to(some.dtype)
    numbers = numbers.to(some.device)
    was, axes = tuple(numbers.shape), numbers.dim()
    if shape is not None and numbers.numel() == math.prod(shape):
        wanted, numbers = [len(shape) + 1], numbers.reshape(shape)
        axes = len(shape)
    else:
        wanted = [rank for rank in ((2, 4, 3) if axes == 1 else (4, 3, 5, 2)) if rank >= axes]
    candidates = [(*(1,) * (rank - axes), *numbers.shape) for rank in wanted]
    chosen = first_that_fits(module, candidates, whole=numbers) or candidates[0]
    if chosen != was:
        notes.append(words["axes_added"].format(was=text_of(was), now=text_of(chosen)))
    images = numbers.reshape(chosen)
    return _Picture(images, None, words["numbers"].format(shape=text_of(chosen)), notes=tuple(notes))


def _reads_whole_numbers(module: nn.Module) -> bool:
    return any(isinstance(part, nn.Embedding | nn.EmbeddingBag) for part in module.modules())


def _taken(chosen: Chosen, splits: Mapping[str, Pictures]) -> _Picture:
    """Take one picture of a source."""
    split = chosen.split or next(name for name in SPLIT_ORDER if name in splits)
    if split not in splits:
        raise UsageError(
            f"the source has no split named {split}", where=chosen.source, expected=", ".join(splits)
        )
    pictures = splits[split]
    if chosen.index >= len(pictures):
        raise UsageError(
            f"there is no picture {chosen.index} in the {split} split", where=chosen.source,
            got=f"{len(pictures):,} pictures", expected=f"0 to {len(pictures) - 1}",
        )  # fmt: skip
    raw = pictures.batch([chosen.index])[0]
    name = pictures.classes[int(pictures.labels[chosen.index])]
    return _Picture(None, raw, f"{chosen.source}:{split}[{chosen.index}]", name)


def _finished(
    module: nn.Module,
    taken: _Picture,
    scale: Scale,
    classes: tuple[str, ...],
    record: Mapping[str, Any],
    notes: tuple[str, ...],
) -> Subject:
    images = taken.images
    if images is None:
        assert taken.raw is not None, "a picture has numbers or pixels"
        some = next((p for p in module.parameters() if p.is_floating_point()), torch.zeros(1))
        images = scale.apply(taken.raw[None]).to(device=some.device, dtype=some.dtype)
    label = classes.index(taken.label_name) if taken.label_name in classes else None
    return Subject(
        module, images, taken.raw, taken.name, label, taken.label_name, classes,
        scale if taken.raw is not None else None, record, tuple(dict.fromkeys(notes)),
    )  # fmt: skip


def _scaled(template: str, scale: Scale) -> str:
    mean, deviation = (
        ", ".join(f"{value:.4g}" for value in dict.fromkeys(side)) for side in (scale.mean, scale.deviation)
    )
    return template.format(mean=mean, deviation=deviation)


def _to(images: Any, device: str) -> Any:
    return images.to(device) if isinstance(images, torch.Tensor) else images
