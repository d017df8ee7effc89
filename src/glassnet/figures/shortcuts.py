"""Shortcuts: links that reach a join past the operations beside them, as residual connections do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

Link = tuple[int, int]


def find_shortcuts(
    before: Mapping[int, Sequence[int]], joins: Collection[int], sums: Collection[int]
) -> set[Link]:
    """Find the links of a network that are shortcuts.

    A link into a join is one where its start also reaches the join by another way. Of the two branches of a
    sum the one with at most half the operations of the other is one, too: ResNet's convolution 1×1 beside
    a block.

    Args:
        before: For each operation, in order, those whose results it reads; what is no key has none before it.
        joins: Operations that bring tensors together.
        sums: Those of them that add.

    Returns:
        Links (from, to).

    Example:
        >>> sorted(find_shortcuts({1: [0], 2: [1], 3: [2, 0]}, {3}, {3}))
        [(0, 3)]
    """
    place = {number: index for index, number in enumerate(dict.fromkeys(_all(before)))}
    reached: dict[int, int] = {}  # for each, as bits, itself and all before it
    for number, bit in place.items():
        if number not in before:
            reached[number] = 1 << bit
    for number, those in before.items():
        reached[number] = 1 << place[number]
        for earlier in those:
            reached[number] |= reached[earlier]
    found: set[Link] = set()
    for join in joins:
        those = list(dict.fromkeys(before[join]))
        direct = [
            one for one in those if any(other != one and reached[other] >> place[one] & 1 for other in those)
        ]
        found |= {(one, join) for one in direct}
        if join in sums and len(those) == 2 and not direct:  # noqa: PLR2004 — two branches
            found |= _shorter_branch(join, those, before, reached, place)
    return found


def _all(before: Mapping[int, Sequence[int]]) -> list[int]:
    return [number for key, those in before.items() for number in (*those, key)]


def _shorter_branch(
    join: int,
    ends: Sequence[int],
    before: Mapping[int, Sequence[int]],
    reached: Mapping[int, int],
    place: Mapping[int, int],
) -> set[Link]:
    one, other = ends
    common = reached[one] & reached[other]
    lengths = [(reached[end] & ~common).bit_count() for end in ends]
    if not common or 2 * min(lengths) > max(lengths):
        return set()
    short = one if lengths[0] < lengths[1] else other
    links, waiting = {(short, join)}, [short]
    while waiting:
        number = waiting.pop()
        for earlier in before.get(number, ()):
            if (earlier, number) not in links:
                links.add((earlier, number))
                if not common >> place[earlier] & 1:
                    waiting.append(earlier)
    return links
