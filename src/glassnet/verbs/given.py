"""What a person gives to be looked at: a picture file, numbers, a picture of a source, or nothing."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from glassnet.errors import PicturesError, UsageError, did_you_mean
from glassnet.pictures.folders import is_archive
from glassnet.pictures.sources import SOURCES

if TYPE_CHECKING:
    from collections.abc import Mapping

NUMBERS = (".npy", ".json", ".csv")
PLACED = re.compile(r"(?P<source>.+?)(?::(?P<split>train|val|test))?\[(?P<index>\d+)\]", re.DOTALL)


@dataclass(frozen=True)
class Chosen:
    """A picture of a source: `index` of `split`, where None is the first split among test, val, train."""

    source: str
    split: str | None
    index: int


Given = None | Path | Chosen | torch.Tensor | tuple | dict


def read_given(picture: Any) -> Given:
    """Tell what was given; numbers are read, pictures are not yet.

    Args:
        picture: None; a picture file; a file of numbers (`.npy`, `.json`, `.csv`); SOURCE, SOURCE[3] or
            SOURCE:train[3]; an array, a tensor, nested lists; or, for networks with several inputs, a tuple
            or dict of tensors.

    Returns:
        None, the picture file, the place in a source, or the numbers.

    Raises:
        UsageError: It is none of these, or cannot be read.

    Example:
        >>> read_given("fashion-mini:train[3]")
        Chosen(source='fashion-mini', split='train', index=3)
        >>> read_given([[1, 2], [3, 4]])
        tensor([[1, 2],
                [3, 4]])
    """
    match picture:
        case None:
            return None
        case torch.Tensor():
            return picture.detach()
        case np.ndarray():
            return torch.from_numpy(np.ascontiguousarray(picture))
        case tuple() | dict() if _all_tensors(picture):
            return _detached(picture)
        case list() | tuple():
            return _as_tensor(picture, "the numbers given")
        case str() | Path():
            return _read_named(str(picture))
        case _:
            raise UsageError(
                "this cannot be looked at", got=type(picture).__name__,
                expected="a picture file, a file of numbers, a SOURCE, an array or a tensor",
            )  # fmt: skip


def _all_tensors(items: tuple | Mapping[str, object]) -> bool:
    values = items.values() if isinstance(items, dict) else items
    return bool(items) and all(isinstance(value, torch.Tensor) for value in values)


def _detached(items: Any) -> tuple | dict:
    """Leave the graph behind that they were computed by: it cannot be copied."""
    if isinstance(items, dict):
        return {name: tensor.detach() for name, tensor in items.items()}
    return tuple(tensor.detach() for tensor in items)


def _read_named(name: str) -> Given:
    path = Path(name).expanduser()
    if path.is_file() and path.suffix.lower() in NUMBERS:
        return _read_numbers(path)
    if name in SOURCES or path.is_dir() or (path.is_file() and _is_source(path)):
        return Chosen(name, None, 0)
    if path.is_file():
        return path
    if match := PLACED.fullmatch(name):
        return Chosen(match["source"], match["split"], int(match["index"]))
    near = did_you_mean(name, SOURCES)
    if path.parent.is_dir() and (path.suffix or len(path.parts) > 1):
        near = did_you_mean(path.name, [item.name for item in path.parent.iterdir()])
    raise PicturesError(
        "there is no such picture", where=name,
        expected=f"a picture file, numbers ({', '.join(NUMBERS)}), or a SOURCE such as fashion-mini[3]",
        hint=near if near and near.startswith("did") else None,
    )  # fmt: skip


def _is_source(path: Path) -> bool:
    return path.suffix.lower() == ".npz" or is_archive(path)


def _read_numbers(path: Path) -> torch.Tensor:
    what = "the numbers cannot be read"
    try:
        match path.suffix.lower():
            case ".npy":
                return torch.from_numpy(np.ascontiguousarray(np.load(path, allow_pickle=False)))
            case ".json":
                return _as_tensor(json.loads(path.read_text("utf-8")), path)
            case _:
                return torch.from_numpy(np.loadtxt(path, delimiter=",", ndmin=2, dtype=np.float64))
    except (OSError, ValueError, TypeError, RecursionError, UnicodeDecodeError) as error:
        got = " ".join(str(error).split()) or type(error).__name__
        raise PicturesError(what, where=path, got=got) from None


def _as_tensor(nested: object, where: object) -> torch.Tensor:
    try:
        array = np.array(nested)
    except ValueError:
        array = np.array("")
    if array.dtype.kind not in "iufb" or not array.size:
        raise PicturesError(
            "these are not numbers in rows of one length", where=where,
            expected="nested lists such as [[1, 2], [3, 4]]",
        )  # fmt: skip
    return torch.from_numpy(array)
