"""How large pictures are in their files, before they were brought to one size: read from their headers."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np

from glassnet.pictures.listing import clean_name, list_zip
from glassnet.pictures.policy import UnusableError, read_facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glassnet.pictures.pictures import Pictures

TRIED = 256  # pictures whose sizes are read first: most sources are of one size, and headers take time


def file_sizes(pictures: Pictures) -> np.ndarray | None:
    """Read how large pictures are in their files.

    Args:
        pictures: A split of a folder, a `.zip` or a `.tar`.

    Returns:
        float64, N: pixels a side, √(width·height); None for other sources, where a file is gone, and where
        all pictures, or 256 spread over them, are of one size.
    """
    place, paths = Path(pictures.source), pictures.paths
    known = {(size.width, size.height) for size in pictures.sizes}  # without reading a header
    if len(known) == 1 or not place.exists():
        return None
    some = [str(paths[index]) for index in np.linspace(0, len(paths) - 1, TRIED).astype(int).tolist()]
    try:
        if place.is_dir():
            return _in_folder(place, paths) if len(set(_in_folder(place, some))) > 1 else None
        if not zipfile.is_zipfile(place):
            sides = _in_tar(place, paths)
            return sides if len(set(sides)) > 1 else None
        where = {entry.path: entry.where for entry in list_zip(place).entries}
        with zipfile.ZipFile(place) as archive:
            items = archive.infolist()
            if len(set(_in_zip(archive, [items[where[path]] for path in some]))) == 1:
                return None
            return _in_zip(archive, [items[where[path]] for path in paths])
    except (OSError, EOFError, KeyError, UnusableError, zipfile.BadZipFile, tarfile.TarError):
        return None


def _in_folder(folder: Path, paths: Sequence[str]) -> np.ndarray:
    sides = []
    for path in paths:
        with (folder / path).open("rb") as file:
            sides.append(_side(file))
    return np.array(sides)


def _in_zip(archive: zipfile.ZipFile, items: Sequence[zipfile.ZipInfo]) -> np.ndarray:
    sides = []
    for item in items:
        with archive.open(item) as file:
            sides.append(_side(cast("BinaryIO", file)))
    return np.array(sides)


def _in_tar(file: Path, paths: Sequence[str]) -> np.ndarray:
    """Read through a tar from its beginning to its end: a compressed one can be read in no other way."""
    wanted, sides = set(paths), {}
    with tarfile.open(file) as archive:
        for item in archive:
            path = clean_name(item.name)
            if path in wanted and (content := archive.extractfile(item)):
                sides[path] = _side(io.BytesIO(content.read()))
    return np.array([sides[path] for path in paths])


def _side(file: BinaryIO) -> float:
    facts = read_facts(file)
    return (facts.width * facts.height) ** 0.5
