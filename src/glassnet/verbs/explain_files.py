"""An explanation as files: the operation as an offline page, its window as an animation."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from glassnet.arithmetic.address import name_of
from glassnet.arithmetic.explain import Explained
from glassnet.arithmetic.operands import expand_op
from glassnet.arithmetic.unexpanded import UnexpandedError
from glassnet.errors import GlassnetError, RunError, UsageError
from glassnet.run import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from glassnet.arithmetic.expansion import Expansion, Index
    from glassnet.trace.trace import Op, Trace
    from glassnet.verbs.explanation import Explanation

MOST_NUMBERS = 2000  # of an operation that the page cannot work out by itself
MOST_TERMS = 100_000  # of all these numbers together


def write_page(answer: Explanation, path: Path, *, lang: str) -> None:
    """Write the operation that makes the number (or, of a parameter or input, the first that reads it).

    Args:
        answer: To the question for a number.
        path: The HTML file.
        lang: Of its words.

    Raises:
        UsageError: No operation belongs to the number.
        GlassnetError: The file cannot be written.
    """
    from glassnet.inspection.windows import windowed  # noqa: PLC0415 — loads what only files need
    from glassnet.pages.explain_page import explain_page  # noqa: PLC0415

    op, index = _operation(answer, "--html")
    expansions = {}
    if windowed(answer.trace, op.number, lead=index) is None:
        expansions = _expansions(answer.trace, op, index)
    page = explain_page(
        answer.trace, op.number, at=index, expansions=expansions, picture=answer.subject.raw, lang=lang
    )
    _write(path, page)


def write_animation(answer: Explanation, path: Path, *, lang: str) -> None:
    """Write the window of a convolution or pooling, moving over its input.

    Args:
        answer: To the question for a number.
        path: The GIF file.
        lang: Of its words.

    Raises:
        UsageError: The number is not made by a window that moves.
        GlassnetError: The file cannot be written.
    """
    from glassnet.figures.animation import animate  # noqa: PLC0415 — loads matplotlib
    from glassnet.inspection.windows import windowed  # noqa: PLC0415

    op, index = _operation(answer, "--gif")
    window = windowed(answer.trace, op.number, lead=index)
    if window is None or window.dims == 0:
        raise UsageError(
            "only a window that moves can be animated", where="--gif", got=op.label,
            expected="a number of a convolution or a pooling, of one or two dimensions",
        )  # fmt: skip
    title = f"{name_of(answer.trace, op.outputs[0])} ({op.name})"
    picture = _picture_of(answer, op)
    _write(path, animate(window, channel=index[-window.dims - 1], picture=picture, title=title, lang=lang))


def _operation(answer: Explanation, option: str) -> tuple[Op, Index]:
    """Find the operation that a file is about, and the place in its output that is shown first."""
    found = answer.found
    if not isinstance(found, Explained):
        raise UsageError(f"{option} shows a number: it goes with --at", where=option, got=answer.question)
    if found.op is not None and found.op.outputs[0] == found.number:
        return found.op, found.index
    readers = [op for op in answer.trace.ops if found.number in op.inputs and op.outputs]
    if not readers and found.op is None:
        raise UsageError("no operation belongs to this number", where=option, got=found.name)
    op = found.op or readers[0]
    return op, (0,) * len(answer.trace.values[op.outputs[0]].shape)


def _expansions(trace: Trace, op: Op, index: Index) -> dict[Index, Expansion]:
    """Work out numbers of an operation, those of the same plane first, as many as a page holds."""
    shape = trace.values[op.outputs[0]].shape
    plane = [(place,) for place in index[:-2]] + [range(side) for side in shape[-2:]]
    everywhere = itertools.product(*map(range, shape))
    found: dict[Index, Expansion] = {}
    terms = 0
    for place in itertools.chain([index], itertools.product(*plane), everywhere):
        if len(found) >= min(MOST_NUMBERS, math.prod(shape)) or terms > MOST_TERMS:
            break
        if place in found:
            continue
        try:
            found[place] = expand_op(trace, op, op.outputs[0], place)
        except UnexpandedError:
            break
        terms += len(found[place].terms)
    return found


def _picture_of(answer: Explanation, op: Op) -> np.ndarray | None:
    """Give the picture where the operation reads nothing else."""
    read = answer.trace.values[op.inputs[0]]
    raw = answer.subject.raw
    return raw if raw is not None and read.kind == "input" and raw.shape[:2] == read.shape[-2:] else None


def _write(path: Path, content: str | bytes) -> None:
    try:
        write_whole(path.expanduser(), content)
    except (RunError, OSError) as error:
        got = error.parts.get("got") if isinstance(error, RunError) else error.strerror
        raise GlassnetError("the file cannot be written", where=path, got=got) from None
