"""Views used where an axis should have been moved: the memory stays in its order, and axes are torn."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from glassnet.checks.finding import Finding
from glassnet.checks.lines import own_line
from glassnet.checks.origins import ancestors, first_value, maker, plain, readers
from glassnet.checks.rules.samples import mixed_by_a_view
from glassnet.trace.source_line import is_own
from glassnet.trace.trace import shape_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Look, Seen
    from glassnet.trace.trace import Op, Trace

CODE = "reshape-mixes-axes"
VIEWS = frozenset({"view", "reshape", "unflatten", "view_as", "reshape_as"})
PADS = frozenset({"pad", "cat", "zeros", "concat", "new_zeros"})
COLOURS = 3
Shape = tuple[int, ...]


def reshape_mixes_axes(seen: Seen) -> Iterator[Finding]:
    """Find views that tear axes apart where permute was meant."""
    yield from mixed_by_a_view(seen)
    for look in seen.looks:
        reads = None
        for op in look.trace.ops:
            if plain(op) not in VIEWS or op.source is None or not is_own(op.source.file):
                continue
            value = first_value(op)
            if value is None or not op.outputs:
                continue
            before, after = look.trace.values[value].shape, look.trace.values[op.outputs[0]].shape
            reads = reads or readers(look.trace)
            if tears(before, after) and not _is_skewed(look.trace, op, value, reads):
                yield _finding(look, op, before, after, "torn", "error")
            elif _is_shown(look, op, before, after, reads):
                yield _finding(look, op, before, after, "colours", "warning")


def tears(before: Shape, after: Shape) -> bool:
    """Tell whether a view tears axes: what lay along one of them is spread over two, with other things between.

    A view that only splits axes and puts whole neighbours together keeps its meaning. The first axis, of the
    samples, may take in whole others.

    Args:
        before: Shape that is viewed.
        after: Shape that it is given.

    Returns:
        Whether it does.

    Example:
        >>> tears((8, 32, 32, 3), (8, 3, 32, 32)), tears((8, 12, 32, 32), (8, 3, 4, 32, 32))
        (True, False)
    """
    if 0 in before or 0 in after or math.prod(before) != math.prod(after):
        return False
    if not before or not after or after[0] % before[0]:
        return False  # of the samples' axis the probe knows more
    folded = after[0] // before[0]
    one, other = (
        [side for side in before[1:] if side > 1],
        [side for side in (folded, *after[1:]) if side > 1],
    )
    if one == other or len(one) < 2 or len(other) < 2:
        return False
    pieces = _pieces(one, other)
    if pieces is None:
        return True
    return _straddles(pieces) or _tears_between(pieces)


def _pieces(before: list[int], after: list[int]) -> list[tuple[int, int]] | None:
    """Cut both shapes at the same places; give the axes that each piece comes from and goes to.

    None where the cuts of one do not divide those of the other.
    """
    found = []
    one, other = len(before) - 1, len(after) - 1
    left, right = before[one], after[other]
    while one >= 0 and other >= 0:
        size = min(left, right)
        if max(left, right) % size:
            return None
        if size > 1:
            found.append((one, other))
        left, right = left // size, right // size
        while left == 1 and one >= 0:
            one -= 1
            left = before[one] if one >= 0 else 0
        while right == 1 and other >= 0:
            other -= 1
            right = after[other] if other >= 0 else 0
    return found[::-1]


def _straddles(pieces: list[tuple[int, int]]) -> bool:
    """A new axis is made of the end of one and the beginning of the next, whose other parts stand elsewhere."""
    homes: dict[int, set[int]] = {}
    for source, target in pieces:
        homes.setdefault(source, set()).add(target)
    for (source, target), (following, place) in zip(pieces, pieces[1:], strict=False):
        if source != following and target == place and len(homes[source]) > 1 and len(homes[following]) > 1:
            return True
    return False


def _tears_between(pieces: list[tuple[int, int]]) -> bool:
    """The beginning of an axis is put to what stands before it, and its end to what stands after it."""
    for axis in {source for source, _ in pieces}:
        targets = [target for source, target in pieces if source == axis]
        if targets[0] == targets[-1]:
            continue
        company = [
            {source for source, target in pieces if target == targets[end]} - {axis} for end in (0, -1)
        ]
        if company[0] and company[1]:
            return True
    return False


def _is_skewed(trace: Trace, op: Op, value: int, reads: dict[int, list[Op]]) -> bool:
    """Relative positions are shifted on purpose by padding, viewing and cutting off."""
    before, steps = maker(trace, value), 0
    while before is not None and steps < 3:
        if plain(before) in PADS:
            return True
        following = first_value(before)
        before, steps = (maker(trace, following) if following is not None else None), steps + 1
    after = [reader for output in op.outputs for reader in reads.get(output, ())]
    return bool(after) and all(plain(reader) in ("getitem", "narrow") for reader in after)


def _is_shown(look: Look, op: Op, before: Shape, after: Shape, reads: dict[int, list[Op]]) -> bool:
    """Channels of a convolution are cut into threes and shown as pictures in colour."""
    if op.call is not None or len(before) != 4 or len(after) != 4 or after[1] != COLOURS:
        return False
    if before[2:] != after[2:] or before[1] <= COLOURS or before[1] % COLOURS:
        return False
    value = first_value(op)
    made = ancestors(look.trace, value) if value is not None else set()
    network = any(look.trace.ops[number].call is not None for number in made)
    return network and not any(reads.get(output) for output in op.outputs)


def _finding(look: Look, op: Op, before: Shape, after: Shape, form: str, severity) -> Finding:
    return Finding(
        CODE,
        severity,
        own_line(op, look.trace),
        look.trace.calls[op.call].path if op.call is not None else "",
        {"operation": plain(op), "before": shape_text(before), "after": shape_text(after)},
        form=form,
        explains=("plateau", "small-receptive-field", "input-ignored"),
    )
