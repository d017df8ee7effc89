"""Which modules of a network are drawn open, which closed, and which repeated ones as one.

A network is a tree: a `Part` is a module call with parts inside it, or a single operation (a leaf). Equal
modules that follow each other can be laid over each other: one part then stands for all of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

ALL_OPEN, MOST_BOXES = 80, 64  # up to so many leaves nothing is folded; else so many boxes are aimed at
SMALL = 4  # what is folded has more parts than so many, without the first of each
TWIN = 8  # operations of a module that is opened beside one that looks the same

SETTINGS = re.compile(r"@[^ ()]*")  # in what a leaf looks like, after its name

Neighbours = dict[int, tuple[set[int], set[int]]]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A single operation: its number, the module calls around it, outermost first, and what it looks like."""

    number: int
    calls: tuple[int, ...]
    looks: str


@dataclass(frozen=True, slots=True)
class Part:
    """A module call with its parts, or a leaf (`call` None).

    `numbers` are the leaves that it stands for, the drawn one first; of a part laid over others `copies` has
    the leaves of each, in order. `looks` is equal for parts that look the same inside.
    """

    call: int | None
    numbers: tuple[int, ...]
    parts: tuple[Part, ...]
    looks: str
    copies: tuple[tuple[int, ...], ...] = ()
    calls: tuple[int, ...] = ()  # of each copy
    open: bool = False


def tree(leaves: Sequence[Leaf], types: Sequence[str]) -> tuple[Part, ...]:
    """Gather leaves into module calls.

    Args:
        leaves: In order.
        types: Class name of each module call, by its number.

    Returns:
        The outermost parts, in the order of their first leaf. A call around one leaf is not told apart from
        the leaf.

    Example:
        >>> leaves = [Leaf(0, (0, 1), "conv"), Leaf(1, (0, 1), "relu"), Leaf(2, (0, 2), "add")]
        >>> parts = tree(leaves, ["Net", "A", "B"])
        >>> parts[0].parts[0].looks, parts[0].parts[1].looks
        ('A(conv relu)', 'add')
    """
    return _gather(leaves, types, 0)


def _gather(leaves: Sequence[Leaf], types: Sequence[str], level: int) -> tuple[Part, ...]:
    parts = []
    inside: dict[int, list[Leaf]] = {}
    for leaf in leaves:
        key = leaf.calls[level] if len(leaf.calls) > level else -1 - leaf.number
        inside.setdefault(key, []).append(leaf)
    for key, those in inside.items():
        if len(those) == 1:
            parts.append(Part(None, (those[0].number,), (), those[0].looks))
            continue
        inner = _gather(those, types, level + 1)
        looks = f"{types[key]}({' '.join(part.looks for part in inner)})"
        numbers = tuple(number for part in inner for number in part.numbers)
        parts.append(Part(key, numbers, inner, looks, (numbers,), (key,)))
    return tuple(parts)


def open_to_depth(parts: Iterable[Part], depth: int, wanted: Collection[int] = ()) -> tuple[Part, ...]:
    """Open all module calls down to a depth; none are laid over each other.

    Args:
        parts: From `tree`.
        depth: How many levels are opened; 0 opens none.
        wanted: Calls that are opened at any depth.

    Returns:
        The parts; a closed one has no parts inside.
    """
    return tuple(
        part if part.call is None
        else _opened(part, open_to_depth(part.parts, depth - 1, wanted)) if depth > 0 or part.call in wanted
        else _closed(part)
        for part in parts
    )  # fmt: skip


def open_readably(
    parts: Sequence[Part], links: Collection[tuple[int, int]], wanted: Collection[int] = ()
) -> tuple[Part, ...]:
    """Open as much as can be read: all of a small network; of a large one one of each kind of module.

    Equal modules that follow each other are laid over each other, then modules are opened from the outside
    in, each kind once, as long as there are not too many boxes.

    Args:
        parts: From `tree`.
        links: Pairs of leaves (from, to).
        wanted: Calls that are opened in any case, by themselves.

    Returns:
        The parts; a closed one has no parts inside.
    """
    if sum(len(part.numbers) for part in parts) <= ALL_OPEN:
        return open_to_depth(parts, 1000)
    folded = fold_equal(parts, _neighbours(links), wanted)
    chosen: set[tuple[int, ...]] = set()  # by the calls of a part
    seen: dict[str, tuple[int, ...]] = {}  # kind of module -> around the first that was opened
    boxes = len(folded)
    waiting = [(part, ()) for part in folded if part.call is not None]
    tiny: list[tuple[Part, tuple[int, ...]]] = []  # closed they tell all that is in them: opened last
    while waiting or tiny:
        late = not waiting
        part, around = (tiny if late else waiting).pop(0)
        asked = part.call in wanted
        little = len(part.parts) < SMALL and all(inner.call is None for inner in part.parts)
        if little and not late and not asked:
            tiny.append((part, around))
            continue
        kind = SETTINGS.sub("", part.looks) if little else part.looks
        twin = seen.get(kind) == around and not little and len(part.numbers) <= TWIN * len(part.calls)
        more = len(_unwrapped(part).parts) - 1
        if ((kind in seen and not twin) or boxes + more > MOST_BOXES) and not asked:
            continue
        chosen.add(part.calls)
        seen.setdefault(kind, around)
        boxes += len(part.parts) - 1
        waiting += [(inner, part.calls) for inner in part.parts if inner.call is not None]
    return _open_chosen(folded, chosen)


def _unwrapped(part: Part) -> Part:
    """Give what is inside a module that holds nothing but one other."""
    while len(part.parts) == 1 and part.parts[0].call is not None:
        part = part.parts[0]
    return part


def fold_equal(
    parts: Iterable[Part], neighbours: Neighbours, wanted: Collection[int] = ()
) -> tuple[Part, ...]:
    """Lay equal modules that follow each other over each other, at every level.

    They must hang together in one of two ways: one reads what those before it made, or all read and feed
    the same.

    Args:
        parts: From `tree`.
        neighbours: For each leaf those that it reads, and those that read it.
        wanted: Calls that stay by themselves.

    Returns:
        The parts; one that stands for several has as many `copies`.
    """
    runs: list[list[Part]] = []
    for part in parts:
        free = part.call is not None and part.call not in wanted
        last = runs[-1][-1] if runs else part
        alike = free and bool(runs) and last.looks == part.looks and last.call not in wanted
        if alike and _hang_together(runs[-1], part, neighbours):
            runs[-1].append(part)
        else:
            runs.append([part])
    found = []
    for run in runs:
        worth = len(run) > 1 and len(run) * (len(run[0].parts) - 1) > SMALL
        for part in [_laid_over(run)] if worth else run:
            inner = fold_equal(part.parts, neighbours, wanted)
            found.append(Part(part.call, part.numbers, inner, part.looks, part.copies, part.calls))
    return tuple(found)


def _neighbours(links: Iterable[tuple[int, int]]) -> Neighbours:
    found: Neighbours = {}
    for start, end in links:
        found.setdefault(end, (set(), set()))[0].add(start)
        found.setdefault(start, (set(), set()))[1].add(end)
    return found


def _hang_together(run: Sequence[Part], part: Part, neighbours: Neighbours) -> bool:
    """Say whether a part reads the last of a run, or reads and feeds the same as that does."""
    last, this = set(run[-1].numbers), set(part.numbers)
    reads, feeds = _outside(this, neighbours)
    if reads & last:
        return True
    return (reads, feeds) == _outside(last, neighbours)


def _outside(numbers: set[int], neighbours: Neighbours) -> tuple[set[int], set[int]]:
    reads: set[int] = set()
    feeds: set[int] = set()
    for number in numbers:
        before, after = neighbours.get(number, (set(), set()))
        reads |= before - numbers
        feeds |= after - numbers
    return reads, feeds


def _laid_over(run: Sequence[Part]) -> Part:
    """Lay modules that look the same over each other."""
    part = _over(run)
    return Part(
        part.call, part.numbers, part.parts, part.looks, tuple(one.numbers for one in run), part.calls
    )


def _over(run: Sequence[Part]) -> Part:
    """Join parts that look the same, and what is inside them, one by one."""
    first = run[0]
    numbers = tuple(number for part in run for number in part.numbers)
    inner = tuple(_over(same) for same in zip(*(part.parts for part in run), strict=True))
    calls = tuple(call for part in run for call in part.calls)
    return Part(first.call, numbers, inner, first.looks, (numbers,) if calls else (), calls)


def _open_chosen(parts: Iterable[Part], chosen: Collection[tuple[int, ...]]) -> tuple[Part, ...]:
    return tuple(
        part if part.call is None
        else _opened(part, _open_chosen(part.parts, chosen)) if part.calls in chosen
        else _closed(part)
        for part in parts
    )  # fmt: skip


def _opened(part: Part, inner: tuple[Part, ...]) -> Part:
    return Part(part.call, part.numbers, inner, part.looks, part.copies, part.calls, open=True)


def _closed(part: Part) -> Part:
    return Part(part.call, part.numbers, (), part.looks, part.copies, part.calls)
