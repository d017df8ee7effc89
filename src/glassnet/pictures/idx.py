"""The idx format, in which MNIST and Fashion-MNIST are published."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

from glassnet.errors import PicturesError

if TYPE_CHECKING:
    from pathlib import Path

UINT8 = b"\0\0\x08"  # how a file of bytes begins
MOST_BYTES = 1 << 30


def read_idx(path: Path) -> np.ndarray:
    """Read a file in the idx format of MNIST, gzipped or not.

    The format: two zero bytes, the kind of value (8: uint8), the number of axes, the length of each as a
    big-endian 32-bit number, then the values (http://yann.lecun.com/exdb/mnist/).

    Args:
        path: The file.

    Returns:
        uint8, of the shape that the file says.

    Raises:
        PicturesError: It is damaged or holds something else.
    """
    try:
        with path.open("rb") as file:
            is_packed = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if is_packed else path.open("rb") as file:
            head = file.read(4)
            num_axes = head[3] if len(head) == 4 and head.startswith(UINT8) else 0  # noqa: PLR2004
            lengths = file.read(4 * num_axes)
            if not num_axes or len(lengths) < 4 * num_axes:
                raise PicturesError(
                    "not an idx file of bytes", where=path, got=f"it begins with {head.hex()}"
                )
            shape = struct.unpack(f">{num_axes}I", lengths)
            if math.prod(shape) > MOST_BYTES:
                raise PicturesError("the file is damaged", where=path, got=f"its header declares {shape}")
            values = file.read(math.prod(shape) + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise PicturesError("the file is damaged", where=path, got=error) from None
    if len(values) != math.prod(shape):
        got = f"{len(values):,}" if len(values) < math.prod(shape) else "more"
        raise PicturesError(
            "the file is damaged", where=path, got=f"{got} values", expected=f"{math.prod(shape):,} values"
        )
    return (
        np.frombuffer(values, np.uint8).reshape(shape).copy()
    )  # torch warns of arrays that cannot be written
