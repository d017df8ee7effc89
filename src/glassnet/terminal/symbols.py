"""Characters that an encoding lacks are written in ASCII: a Windows code page never ends a command."""

from __future__ import annotations

import codecs
import io
from typing import TextIO

HANDLER = "glassnet.ascii"
ASCII = {
    "×": "x", "·": "*", "−": "-", "–": "-", "—": "-", "…": "...", "²": "^2", "³": "^3", "→": "->",
    "≈": "~", "≤": "<=", "≥": ">=", "⌊": "floor(", "⌋": ")", "“": '"', "”": '"',
    "█": "#", "▇": "#", "▆": "#", "▅": "+", "▄": "+", "▃": "-", "▂": "-", "▁": "_",
    "Σ": "sum ", "Π": "prod ", "√": "sqrt", "∞": "inf", "≠": "!=", "±": "+-", "‖": "||", "∂": "d", "π": "pi",
    "β": "beta", "ε": "eps", "λ": "lambda", "μ": "mu", "₀": "0", "₁": "1", "₂": "2", "ᵗ": "^t", "ᵀ": "^T",
    "\u0302": "^", "⌈": "ceil(", "⌉": ")",
    "━": "-", "╸": "-", "╺": "-", "─": "-", "│": "|", "╭": "+", "╮": "+", "╰": "+", "╯": "+",
}  # fmt: skip


def fall_back(stream: TextIO) -> None:
    r"""Let a stream write what its encoding lacks in ASCII: symbols by a table, letters as `\u4e2d`.

    Args:
        stream: Standard output or error; one that is no file, as in a notebook, is left alone.

    Example:
        >>> stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
        >>> fall_back(stream)
        >>> _ = stream.write("28×28 − … █ 猫")
        >>> stream.flush()
        >>> stream.buffer.getvalue().decode("cp1252")
        '28×28 - … # \\u732b'
    """
    codecs.register_error(HANDLER, _in_ascii)
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors=HANDLER)


def _in_ascii(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    written = [ASCII.get(c) or c.encode("ascii", "backslashreplace").decode() for c in lacking]
    return "".join(written), error.end
