"""Views used where an axis should have been moved: the memory stays in its order, and axes are torn."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import TYPE_CHECKING

from glassnet.checks.finding import Finding
from glassnet.checks.lines import own_line
from glassnet.checks.origins import ancestors, first_value, maker, plain, readers
from glassnet.checks.places import once_a_line
from glassnet.checks.rules.reordered import is_reordered
from glassnet.checks.rules.samples import mixed_by_a_view
from glassnet.checks.written import line_written
from glassnet.trace.source_line import is_own
from glassnet.trace.trace import shape_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

    from glassnet.checks.seen import Look, Seen
    from glassnet.trace.trace import Op, Trace

CODE = "reshape-mixes-axes"
VIEWS = frozenset({"view", "reshape", "unflatten", "view_as", "reshape_as"})
PADS = frozenset({"pad", "cat", "zeros", "concat", "new_zeros"})
COLOURS = 3
FEW, SMALLEST = 4, 8  # pictures, and pixels a side, from which the values tell
SMOOTHER = 0.06  # by which neighbours are more alike when pictures are read the right way
THREE = re.compile(r"(reshape|view|resize)\(.*\b3\b.*\)")
Shape = tuple[int, ...]


@once_a_line
def reshape_mixes_axes(seen: Seen) -> Iterator[Finding]:
    """Find views that tear axes apart where permute was meant.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    yield from mixed_by_a_view(seen)
    yield from _scrambled(seen)
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
            torn = tears(before, after) and not _is_skewed(look.trace, op, value, reads)
            if torn or is_reordered(look.trace, op, value):
                yield _finding(look, op, before, after, "torn", "error")
            elif _is_shown(look, op, before, after, reads):
                yield _finding(look, op, before, after, "colours", "warning")


def _scrambled(seen: Seen) -> Iterator[Finding]:
    """Pictures whose neighbours are alike only when they are read as height × width × channels."""
    for look in seen.looks[:1]:
        for call in look.trace.calls:
            if call.parent is not None or len(call.inputs) != 1:
                continue
            images = look.trace.kept.get(call.inputs[0])
            if images is None or images.dim() != 4 or images.shape[1] != COLOURS or len(images) < FEW:  # noqa: PLR2004
                continue
            if not images.is_floating_point() or min(images.shape[2:]) < SMALLEST:
                continue
            now, other = _smoothness(images), _smoothness(_read_channels_last(images))
            if other > now + SMOOTHER:
                evidence: dict[str, object] = {"shape": shape_text(images.shape), "now": now, "other": other}
                source = line_written(seen, THREE) or call.source
                yield Finding(CODE, "error", source, "", evidence, form="memory")
                return


def _read_channels_last(images: torch.Tensor) -> torch.Tensor:
    count, channels, height, width = images.shape
    return images.reshape(count, height, width, channels).permute(0, 3, 1, 2)


def _smoothness(images: torch.Tensor) -> float:
    """Give the correlation of neighbours in rows and columns, over all pictures and channels."""
    images = images.double()
    images = images - images.mean(dim=(0, 2, 3), keepdim=True)
    spread = float(images.square().mean()) + 1e-12
    across = (images[..., 1:] * images[..., :-1]).mean()
    down = (images[..., 1:, :] * images[..., :-1, :]).mean()
    return float((across + down) / 2 / spread)


def tears(before: Shape, after: Shape) -> bool:
    """Tell whether a view tears axes: what lay along one is spread over two, with others between.

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
    if one == other or len(one) < 2 or len(other) < 2:  # noqa: PLR2004
        return False
    pieces = _pieces(one, other)
    if pieces is None or sorted(one) == sorted(other):
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
    """A new axis is the end of one and the beginning of the next, whose other parts stand elsewhere."""
    homes: dict[int, set[int]] = {}
    for source, target in pieces:
        homes.setdefault(source, set()).add(target)
    for (source, target), (following, place) in pairwise(pieces):
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
    while before is not None and steps < 3:  # noqa: PLR2004
        if plain(before) in PADS:
            return True
        following = first_value(before)
        before, steps = (maker(trace, following) if following is not None else None), steps + 1
    after = [reader for output in op.outputs for reader in reads.get(output, ())]
    return bool(after) and all(plain(reader) in ("getitem", "narrow") for reader in after)


def _is_shown(look: Look, op: Op, before: Shape, after: Shape, reads: dict[int, list[Op]]) -> bool:
    """Channels of a convolution are cut into threes and shown as pictures in colour."""
    if op.call is not None or len(before) != 4 or len(after) != 4 or after[1] != COLOURS:  # noqa: PLR2004
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
