"""Numbers as they are read in worked arithmetic: short, whole numbers without decimals."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MINUS = "−"
WHOLE = 1e9  # whole numbers above this are written with an exponent
MOST_PIECES, FIRST_PIECES = 12, 3  # of a line; of a longer one the first and the last are shown


def short(number: float) -> str:
    """Write a number with four significant digits, a whole number without decimals.

    Args:
        number: Any, also infinite or NaN.

    Returns:
        Its text, with a minus sign that is as wide as a plus.

    Example:
        >>> short(0.1234567), short(3.0), short(-2.5), short(1234.567), short(0.00001234)
        ('0.1235', '3', '−2.5', '1234.6', '1.234e-05')
    """
    if math.isnan(number):
        return "nan"
    if math.isinf(number):
        return "∞" if number > 0 else f"{MINUS}∞"
    size = abs(number)
    if size < WHOLE and number == int(number):
        text = str(int(size))
    elif 1000 <= size < 1_000_000:  # noqa: PLR2004 - here four digits would look like a whole number
        text = f"{size:.1f}"
    else:
        text = f"{size:.4g}"
    return MINUS + text if number < 0 else text


def factor(number: float) -> str:
    """Write a number so that it can stand behind a `·` or a `+`: a negative one in parentheses.

    Args:
        number: Any.

    Returns:
        Its text.

    Example:
        >>> f"2·{factor(-3)} + {factor(4)}"
        '2·(−3) + 4'
    """
    text = short(number)
    return f"({text})" if text.startswith(MINUS) else text


def joined(items: Sequence[Any], write: Callable[[Any], str] = factor, sign: str = " + ") -> str:
    """Write a sum (or a product, or a list) on one line: twelve pieces at most, else the first and the last.

    Args:
        items: Numbers, or what `write` takes; only those that are shown are written.
        write: Gives the text of a piece.
        sign: What stands between two.

    Returns:
        The line; a negative number at its beginning has no brackets, `0` where there is nothing.

    Example:
        >>> joined(range(100)), joined([-1, -2]), joined([2, 3], "{}²".format)
        ('0 + 1 + 2 + … + 99', '−1 + (−2)', '2² + 3²')
    """
    if len(items) <= MOST_PIECES:
        texts = [write(item) for item in items]
    else:
        texts = [*(write(item) for item in items[:FIRST_PIECES]), "…", write(items[-1])]
    return re.sub(rf"^\(({MINUS}[^()]*)\)(?![²^])", r"\1", sign.join(texts)) or "0"


def written(formula: str, names: Mapping[str, float | str]) -> str:
    """Put numbers (or other names) for the names of a formula.

    Args:
        formula: Names and signs.
        names: What to put for each name; a number may get brackets.

    Returns:
        The formula with them.

    Example:
        >>> written("max(0, x) + slope·min(0, x)", {"x": -2.0, "slope": 0.01})
        'max(0, −2) + 0.01·min(0, −2)'
        >>> written("x² + (x − bias)", {"x": -2.0, "bias": -1.0})
        '(−2)² + (−2 − (−1))'
    """
    if not names:
        return formula
    name = "|".join(re.escape(key) for key in sorted(names, key=len, reverse=True))

    def put(match: re.Match[str]) -> str:
        found = names[match.group()]
        if isinstance(found, str):
            return found
        first = formula[: match.start()].endswith(("(", ", ", "[", "|", "? ", ": ")) or not match.start()
        raised = formula[match.end() :].startswith(("²", "³", "^"))
        return short(found) if first and not raised else factor(found)

    return re.sub(rf"(?<![A-Za-z0-9_])(?:{name})(?![A-Za-z0-9_])", put, formula)
