"""The arguments of a recorded call, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glassnet.trace.trace import Ref

if TYPE_CHECKING:
    from glassnet.trace.trace import Op, Trace

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A recorded call with the trace around it."""

    trace: Trace
    op: Op

    def argument(self, place: int, name: str, default: Any = None) -> Any:
        """Give an argument, however it was passed.

        Args:
            place: Among the positional ones.
            name: As a keyword.
            default: Where it was not passed.

        Returns:
            It; a `Ref` for a tensor.
        """
        return self.op.args[place] if place < len(self.op.args) else self.op.kwargs.get(name, default)

    def value(self, place: int, name: str) -> int | None:
        """Give the number of the value that an argument is.

        Args:
            place: Among the positional ones.
            name: As a keyword.

        Returns:
            The number; None where the argument is no tensor.
        """
        argument = self.argument(place, name)
        return argument.value if isinstance(argument, Ref) else None

    def shape(self, place: int, name: str) -> Shape:
        """Give the shape of an argument that is a tensor.

        Args:
            place: Among the positional ones.
            name: As a keyword.

        Returns:
            The shape; empty where the argument is no tensor.
        """
        number = self.value(place, name)
        return () if number is None else self.trace.values[number].shape

    def rest(self, place: int, name: str) -> tuple:
        """Give whole numbers passed one by one (`view(2, -1)`) or as one list (`view((2, -1))`).

        Args:
            place: Of the first among the positional ones.
            name: Of the list as a keyword.

        Returns:
            The numbers.
        """
        found = self.argument(place, name, ())
        return tuple(found) if isinstance(found, tuple | list) else self.op.args[place:]

    @property
    def output(self) -> Shape:
        """The shape of the first output."""
        return self.trace.values[self.op.outputs[0]].shape if self.op.outputs else ()

    @property
    def name(self) -> str:
        """The operation's name, the same for `relu` and `relu_`, `add` and `iadd`."""
        name = self.op.name.rstrip("_")
        return IN_PLACE.get(name, name)


IN_PLACE = {
    f"i{name}": name for name in ("add", "sub", "mul", "truediv", "floordiv", "pow", "matmul", "and", "or")
}


def pair(value: Any, axes: int, default: Any = None) -> tuple:
    """Spread one number over all axes.

    Args:
        value: A number, or one for each axis; None or an empty list for the default.
        axes: How many.
        default: Likewise.

    Returns:
        One for each axis.

    Example:
        >>> pair(2, 2), pair((1, 2), 2), pair(None, 2, (3, 4))
        ((2, 2), (1, 2), (3, 4))
    """
    if value is None or (isinstance(value, tuple | list) and not value):
        value = default
    values = tuple(value) if isinstance(value, tuple | list) else (value,)
    return values * axes if len(values) == 1 else values


def refs_in(nested: object) -> list[int]:
    """List the values that an argument holds, also inside lists and dicts.

    Args:
        nested: An argument.

    Returns:
        Numbers of values, in order.

    Example:
        >>> refs_in([Ref(3), (Ref(1), 2.0)])
        [3, 1]
    """
    match nested:
        case Ref():
            return [nested.value]
        case tuple() | list():
            return [number for item in nested for number in refs_in(item)]
        case Mapping():
            return [number for item in nested.values() for number in refs_in(item)]
        case _:
            return []
