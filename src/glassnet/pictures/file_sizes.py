"""How large pictures are in their files, before they were brought to one size: read from their headers."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np

from glassnet.pictures.listing import list_zip
from glassnet.pictures.policy import UnusableError, read_facts

if TYPE_CHECKING:
    from collections.abc import Sequence


def file_sizes(source: str, paths: Sequence[str]) -> np.ndarray | None:
    """Read how large pictures are in their files.

    Args:
        source: A folder or a `.zip`, as the person gave it.
        paths: N files in it, as `Pictures` names them.

    Returns:
        float64, N: pixels a side, √(width·height); None for other sources, and where a file is gone.
    """
    place = Path(source)
    try:
        if place.is_dir():
            sides = []
            for path in paths:
                with (place / path).open("rb") as file:
                    sides.append(_side(file))
            return np.array(sides)
        if not place.is_file() or not zipfile.is_zipfile(place):
            return None
        where = {entry.path: entry.where for entry in list_zip(place).entries}
        with zipfile.ZipFile(place) as archive:
            items = archive.infolist()
            sides = []
            for path in paths:
                with archive.open(items[where[path]]) as file:
                    sides.append(_side(cast("BinaryIO", file)))
            return np.array(sides)
    except (OSError, KeyError, UnusableError, zipfile.BadZipFile):
        return None


def _side(file: BinaryIO) -> float:
    facts = read_facts(file)
    return (facts.width * facts.height) ** 0.5
