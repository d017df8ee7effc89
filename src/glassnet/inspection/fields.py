"""What the numbers of a value see of the picture, and how that follows axes and merges."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from glassnet.inspection.arguments import Call


@dataclass(frozen=True, slots=True)
class Field:
    """What one number sees along one axis of the picture.

    Attributes:
        size: Pixels, also such as lie outside of the picture; None where it is not known.
        jump: Pixels from one number's field to its neighbour's; None where neighbours do not lie in order.
        centre: Of the first number's field, counted from 0 at the first pixel's middle; None likewise.
        whole: Whether every number sees all of the picture along this axis.
        places: The axes of the value along which the position lies.
    """

    size: int | None
    jump: float | None
    centre: float | None
    whole: bool
    places: tuple[int, ...]

    def unknown(self) -> Field:
        """Give a field of which only the places are known.

        Returns:
            The field.
        """
        return replace(self, size=None, jump=None, centre=None)


# one for each spatial axis of the picture; None where it is not known
Fields = tuple[Field | None, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """What a rule looks at: a call, what is known so far, the sides of the picture, and which output."""

    call: Call
    known: dict[int, Fields]
    sides: tuple[int, ...]
    output: int = 0

    def fields(self, number: int | None) -> Fields | None:
        """Give what a value sees.

        Args:
            number: Of the value, or None.

        Returns:
            The fields; None where it does not depend on the picture.
        """
        return None if number is None else self.known.get(number)

    @property
    def first(self) -> Fields:
        """What the operation's first argument sees."""
        found = self.fields(self.call.value(0, "input"))
        return found or merged([f for number in self.call.op.inputs if (f := self.fields(number))])

    @property
    def output_axes(self) -> int:
        """How many axes the output has."""
        return len(self.call.trace.values[self.call.op.outputs[self.output]].shape)

    def whole(self, axis: int) -> Field:
        """Give the field that is all of the picture along one of its axes.

        Args:
            axis: Of the picture.

        Returns:
            The field.
        """
        return Field(self.sides[axis], 0.0, (self.sides[axis] - 1) / 2, whole=True, places=())

    def mixed(self, fields: Fields, along: Collection[int]) -> Fields:
        """See what a number sees after values were mixed along some axes.

        Args:
            fields: Before.
            along: The axes of the value.

        Returns:
            All of the picture where every place was mixed; unknown where only some were.
        """
        return tuple(
            field
            if field is None or field.whole or not set(field.places) & set(along)
            else self.whole(axis)
            if set(field.places) <= set(along)
            else field.unknown()
            for axis, field in enumerate(fields)
        )


def moved(fields: Fields, where: Mapping[int, int | None]) -> Fields:
    """Follow axes to their new places.

    Args:
        fields: Of a value.
        where: From each axis of that value to one of the new value; None for an axis that is no more.

    Returns:
        Of the new value.
    """

    def follow(field: Field | None) -> Field | None:
        if field is None or field.whole:
            return field
        if any(place not in where for place in field.places):
            return None
        places = tuple(new for place in field.places if (new := where[place]) is not None)
        return replace(field, places=places)

    return tuple(map(follow, fields))


def merged(all_fields: Iterable[Fields]) -> Fields:
    """See all that any of some values see.

    Args:
        all_fields: Of at least one value.

    Returns:
        Of a value that is made of them place by place.
    """
    return tuple(_merged_axis(axis) for axis in zip(*all_fields, strict=True))


def _merged_axis(fields: tuple[Field | None, ...]) -> Field | None:
    result = fields[0]
    for other in fields[1:]:
        if result is not None and result.whole:
            return result
        if other is None or other.whole or result is None:
            result = other if other is not None and other.whole else None
            continue
        places = tuple(sorted({*result.places, *other.places}))
        result = _union(result, other, places)
    return result


def _union(one: Field, other: Field, places: tuple[int, ...]) -> Field:
    """Span both fields where neighbours lie as far apart; else the larger size is all that is known."""
    if one.size is None or other.size is None:
        return Field(None, None, None, whole=False, places=places)
    if one.centre is None or other.centre is None or one.jump != other.jump:
        return Field(max(one.size, other.size), None, None, whole=False, places=places)
    low = min(one.centre - one.size / 2, other.centre - other.size / 2)
    high = max(one.centre + one.size / 2, other.centre + other.size / 2)
    return Field(round(high - low), one.jump, (low + high) / 2, whole=False, places=places)
