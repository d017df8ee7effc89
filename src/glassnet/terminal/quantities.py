"""Shapes, bytes, times and numbers as people write them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BYTES = (("GB", 1e9), ("MB", 1e6), ("kB", 1e3))


def bytes_text(count: int) -> str:
    """Write a number of bytes.

    Args:
        count: At least 0.

    Returns:
        In kB, MB or GB, of 1000 each.

    Example:
        >>> bytes_text(512), bytes_text(18816), bytes_text(102_228_128)
        ('512 B', '18.8 kB', '102 MB')
    """
    for unit, size in BYTES:
        if count >= size:
            return f"{three_digits(count / size)} {unit}"
    return f"{count} B"


def seconds_text(seconds: float) -> str:
    """Write a short time.

    Args:
        seconds: At least 0.

    Returns:
        In seconds or milliseconds.

    Example:
        >>> seconds_text(0.00031), seconds_text(0.0123), seconds_text(2.5)
        ('0.31 ms', '12.3 ms', '2.50 s')
    """
    if seconds >= 1:
        return f"{three_digits(seconds)} s"
    return f"{three_digits(seconds * 1e3)} ms" if seconds >= 1e-3 else f"{seconds * 1e3:.2f} ms"  # noqa: PLR2004


def three_digits(number: float) -> str:
    """Write a positive number with three significant digits, never with an exponent.

    Args:
        number: From 1 on.

    Returns:
        Such as `1.50`, `18.8`, `102`, `1,024`.

    Example:
        >>> three_digits(1.5), three_digits(18.816), three_digits(1024)
        ('1.50', '18.8', '1,024')
    """
    return f"{number:,.{max(2 - int(math.log10(number)), 0) if number >= 1 else 2}f}"


def number_text(number: float) -> str:
    """Write any number with four significant digits.

    Args:
        number: Finite or not.

    Returns:
        Such as `0.1307`.

    Example:
        >>> number_text(0.130661), number_text(-2.0), number_text(float("nan"))
        ('0.1307', '−2', 'nan')
    """
    return f"{number:.4g}".replace("-", "−")


def shape_text(shape: Iterable[int]) -> str:
    """Write a shape.

    Args:
        shape: Its sides.

    Returns:
        Such as `1×3×32×32`.

    Example:
        >>> shape_text((1, 3, 32, 32)), shape_text(())
        ('1×3×32×32', '1')
    """
    return "×".join(map(str, shape)) or "1"


def shapes_text(shapes: Sequence[tuple[int, ...]]) -> str:
    """Write some shapes; equal ones are counted.

    Args:
        shapes: Of several tensors.

    Returns:
        Such as `1×64×8×8, 1×64` or `2 × [1×64×8×8]`.

    Example:
        >>> shapes_text([(1, 64), (1, 64), (3,)])
        '2 × [1×64], 3'
    """
    counts: dict[tuple[int, ...], int] = {}
    for shape in shapes:
        counts[shape] = counts.get(shape, 0) + 1
    return ", ".join(
        shape_text(shape) if count == 1 else f"{count} × [{shape_text(shape)}]"
        for shape, count in counts.items()
    )
