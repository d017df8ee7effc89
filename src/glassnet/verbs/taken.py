"""What was given, brought to what a network gets: a picture before scaling, or numbers as they are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from glassnet.errors import NetError, PicturesError, UsageError
from glassnet.pictures.pictures import Policy
from glassnet.pictures.policy import UnusableError, decode_picture, read_picture
from glassnet.verbs.usual_sizes import first_that_fits, shape_of, usual_sizes

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from glassnet.pictures.pictures import Pictures
    from glassnet.verbs.given import Chosen, Given

Shape = tuple[int, ...]
SPLIT_ORDER = ("test", "val", "train")
COLOUR, GREY = 3, 1
PICTURE_AXES = 3  # channels, height, width


@dataclass(frozen=True, eq=False)
class Taken:
    """A picture before scaling (`raw`, uint8 H×W×C), or numbers as they are (`images`); one is None.

    `name` says what it is in a few words; `notes` are for people.
    """

    images: torch.Tensor | tuple | dict | None
    raw: np.ndarray | None
    name: str
    label_name: str | None = None
    notes: tuple[str, ...] = ()


def some_numbers(module: nn.Module) -> torch.Tensor:
    """Give a tensor of the type and device that a network computes with.

    Args:
        module: The network.

    Returns:
        Its first floating-point parameter or buffer; without one, a float32 on the CPU.

    Example:
        >>> some_numbers(nn.Linear(2, 1).double()).dtype
        torch.float64
    """
    tensors = (*module.parameters(), *module.buffers())
    return next((tensor for tensor in tensors if tensor.is_floating_point()), torch.zeros(1))


def take_from(chosen: Chosen, splits: Mapping[str, Pictures]) -> Taken:
    """Take one picture of a source.

    Args:
        chosen: Which one.
        splits: Of the source, by name.

    Returns:
        The picture with its class.

    Raises:
        UsageError: There is no such split or picture.
    """
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
    return Taken(None, raw, f"{chosen.source}:{split}[{chosen.index}]", name)


def take(
    found: Given, module: nn.Module, shape: Shape | None, words: Mapping[str, str], *, exact: bool = False
) -> Taken:
    """Read a picture file or take numbers; for nothing, make one picture of ones.

    Args:
        found: What was given, but no source.
        module: The network.
        shape: Of one picture; None for numbers where nobody named it.
        words: Templates of `subject`.
        exact: Whether numbers keep their axes, where the network takes them.

    Returns:
        What the network gets, before scaling.

    Raises:
        UsageError: It cannot be read, or the network takes no pictures.
    """
    some = some_numbers(module)
    if isinstance(found, torch.Tensor):
        return _take_numbers(found, module, shape, words, exact=exact)
    if isinstance(found, tuple | dict):
        return Taken(found, None, words["tensors"])
    if shape is None:
        raise TypeError("a picture has a shape")
    if found is None:
        ones = torch.ones(1, *shape, dtype=some.dtype, device=some.device)
        return Taken(ones, None, words["ones"].format(shape=shape_of(shape)))
    if isinstance(found, Path):
        if len(shape) != PICTURE_AXES or shape[0] not in (GREY, COLOUR):
            raise NetError(
                "this network takes no pictures", where=str(found), got=shape_of(shape),
                expected="1 or 3 channels, height and width", hint="give numbers: a .npy, .json or .csv file",
            )  # fmt: skip
        return _take_file(found, Policy(channels=shape[0], height=shape[1], width=shape[2]), words)
    raise TypeError(f"a {type(found).__name__} is no picture")


def _take_file(path: Path, policy: Policy, words: Mapping[str, str]) -> Taken:
    raw = read_picture(path, policy)
    was, now = shape_of_file(path), (policy.channels, policy.height, policy.width)
    notes = () if was == now else (words["resized"].format(was=shape_of(was), now=shape_of(now)),)
    return Taken(None, raw, str(path), notes=notes)


def shape_of_file(path: Path) -> Shape:
    """Read the size of a picture file.

    Args:
        path: A picture.

    Returns:
        Channels, height, width.

    Raises:
        PicturesError: It is no picture, or cannot be decoded.
    """
    try:
        with path.open("rb") as file:
            facts, _ = decode_picture(file, Policy(1, 1, 1))
    except (UnusableError, OSError) as error:
        raise PicturesError("the picture cannot be read", where=path, got=error) from None
    return facts.channels, facts.height, facts.width


def _take_numbers(
    given: torch.Tensor, module: nn.Module, shape: Shape | None, words: Mapping[str, str], *, exact: bool
) -> Taken:
    """Take numbers as they are; axes before them are added until the network takes them."""
    some, notes = some_numbers(module), []
    numbers = given.to(some.device)
    if given.is_floating_point() or not _reads_whole_numbers(module):
        numbers = numbers.to(some.dtype)
    if numbers.dtype != given.dtype:
        was, now = (str(tensor.dtype).removeprefix("torch.") for tensor in (given, numbers))
        notes.append(words["converted"].format(was=was, now=now))
    if exact:
        candidates = [tuple(given.shape), (1, *given.shape)]
    elif shape is not None and given.numel() == math.prod(shape):
        candidates = [(1, *shape)]
    else:
        ranks = (2, 4, 3) if given.dim() == 1 else (4, 3, 5, 2)
        candidates = [(*(1,) * (n - given.dim()), *given.shape) for n in ranks if n >= given.dim()]
    chosen = first_that_fits(module, candidates, whole=numbers) or candidates[0]
    if chosen != given.shape:
        notes.append(words["axes_added"].format(was=shape_of(given.shape), now=shape_of(chosen)))
    name = words["numbers"].format(shape=shape_of(chosen))
    return Taken(numbers.reshape(chosen), None, name, notes=tuple(notes))


def _reads_whole_numbers(module: nn.Module) -> bool:
    return any(isinstance(part, nn.Embedding | nn.EmbeddingBag) for part in module.modules())


def chosen_shape(module: nn.Module, found: Given, words: Mapping[str, str]) -> tuple[Shape, str]:
    """Find a size for a network that names none: the picture's own, else the first usual one that it takes.

    Args:
        module: The network.
        found: What was given, but no source.
        words: Templates of `subject`.

    Returns:
        The shape of one picture, and a note that says so. Where none runs through, it is the first; the
        network's own error will tell why.
    """
    candidates = usual_sizes(module)
    if isinstance(found, Path):
        channels, *size = shape_of_file(found)
        candidates = [(channels, *size), (COLOUR if channels == GREY else GREY, *size), *candidates]
    shape = first_that_fits(module, candidates)
    if shape is None:
        return candidates[0], words["input_tried"].format(shape=shape_of(candidates[0]))
    return shape, words["input_chosen"].format(shape=shape_of(shape))
