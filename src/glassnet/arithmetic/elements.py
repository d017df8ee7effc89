"""Numbers of tensors, read in float64 with their places: one, a lane, a grid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import chain, cycle, repeat
from typing import TYPE_CHECKING, NamedTuple

import torch

from glassnet.arithmetic.expansion import Number
from glassnet.arithmetic.unexpanded import UnexpandedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from glassnet.arithmetic.expansion import Index

Operand = torch.Tensor | float  # int and bool too

MOST_TERMS = 32_768  # are listed of a sum; of a longer one the last term holds the rest, without its numbers
MOST_NUMBERS = 50_000_000  # are multiplied at once: more fill the memory


class Along(NamedTuple):
    """The places on an axis of a tensor that are visited along one axis of a grid."""

    axis: int
    places: Sequence[int]


@dataclass(frozen=True, slots=True)
class Gathered:
    """Numbers of one operand, in the order of the terms.

    `values` stand one after the other, in float64; `axes` tell for each axis of the tensor the fixed place,
    or the places visited along an axis of a grid of the shape `shape`.
    """

    operand: str
    values: torch.Tensor
    axes: Sequence[int | Along]
    shape: Sequence[int]

    def numbers(self) -> list[Number]:
        """Give each with its index, as many as are listed.

        Returns:
            At most `MOST_TERMS`.
        """
        columns = [repeat(place) if isinstance(place, int) else self._column(place) for place in self.axes]
        indices = zip(*columns, strict=False) if columns else repeat(())
        values = self.values[:MOST_TERMS].tolist()
        return list(map(Number, repeat(self.operand), indices, values))

    def _column(self, along: Along) -> Iterator[int]:
        inner = math.prod(self.shape[along.axis + 1 :])
        return cycle(chain.from_iterable(map(repeat, along.places, repeat(inner))))


def doubles(x: torch.Tensor) -> torch.Tensor:
    """Give a tensor's numbers in float64 on the CPU.

    Args:
        x: A tensor of real numbers.

    Returns:
        A tensor of the same shape.

    Raises:
        UnexpandedError: The numbers are complex.

    Example:
        >>> doubles(torch.tensor([1, 2])).dtype
        torch.float64
    """
    if x.is_complex():
        raise UnexpandedError("a tensor", "its numbers are complex")
    return x.detach().cpu().double()


def read(x: torch.Tensor, place: Index) -> float:
    """Read one element of a tensor.

    Args:
        x: A tensor of real numbers.
        place: Its index in every dimension.

    Returns:
        The element, exactly.

    Raises:
        UnexpandedError: The numbers are complex.

    Example:
        >>> read(torch.tensor([[1.0, 2.5]]), (0, 1))
        2.5
    """
    if x.is_complex():
        raise UnexpandedError("a tensor", "its numbers are complex")
    return float(x.detach()[place].item())


def broadcast(place: Index, shape: Sequence[int]) -> Index:
    """Find the element of an operand that broadcasting brings to a place of the result.

    Args:
        place: An index in the result.
        shape: Shape of the operand.

    Returns:
        The index in the operand.

    Example:
        >>> broadcast((5, 2, 7), (3, 1))
        (2, 0)
    """
    last = place[len(place) - len(shape) :]
    return tuple(0 if side == 1 else i for i, side in zip(last, shape, strict=True))


def number(operand: str, x: Operand, place: Index) -> Number:
    """Take the one number of an operand that goes to a place of the result.

    Args:
        operand: The parameter of the rule it came by.
        x: A tensor, or a plain number.
        place: An index in the result, to which the operand is broadcast.

    Returns:
        The number.

    Example:
        >>> number("other", torch.tensor([[1.0], [2.0]]), (1, 6))
        Number(operand='other', index=(1, 0), value=2.0)
        >>> number("other", 3, (1, 6))
        Number(operand='other', index=None, value=3.0)
    """
    if isinstance(x, torch.Tensor):
        own = broadcast(place, x.shape)
        return Number(operand, own, read(x, own))
    if isinstance(x, complex):
        raise UnexpandedError("a tensor", "its numbers are complex")
    return Number(operand, None, float(x))


def gather(operand: str, x: torch.Tensor, axes: Sequence[int | Along], shape: Sequence[int]) -> Gathered:
    """Read a grid of numbers of a tensor.

    Args:
        operand: The parameter of the rule it came by.
        x: Where they stand.
        axes: For each axis of the tensor: the fixed place, or the places visited along an axis of the grid.
        shape: Of the grid.

    Returns:
        One number for each place of the grid, row by row.

    Raises:
        UnexpandedError: The grid does not fit into the memory.

    Example:
        >>> found = gather("input", torch.arange(6).reshape(2, 3), [1, Along(0, [0, 2])], [2])
        >>> [(number.index, number.value) for number in found.numbers()]
        [((1, 0), 3.0), ((1, 2), 5.0)]
    """
    count = math.prod(shape)
    if count > MOST_NUMBERS:
        raise UnexpandedError("a sum", f"it has {count:,} terms, more than {MOST_NUMBERS:,}")
    picks = tuple(
        place
        if isinstance(place, int)
        else torch.tensor(place.places, dtype=torch.long).reshape(
            [-1 if axis == place.axis else 1 for axis in range(len(shape))]
        )
        for place in axes
    )
    if not count:
        return Gathered(operand, torch.zeros(0, dtype=torch.float64), axes, shape)
    return Gathered(operand, doubles(x.detach()[picks].expand(tuple(shape))).reshape(-1), axes, shape)


def lane(operand: str, x: torch.Tensor, dims: Iterable[int], place: Index) -> Gathered:
    """Read all numbers that lie along some dimensions through one place.

    Args:
        operand: The parameter of the rule it came by.
        x: A tensor.
        dims: The dimensions to run along, not negative.
        place: An index in the tensor; what it says of `dims` does not matter.

    Returns:
        The numbers, one after the other.

    Example:
        >>> lane("input", torch.tensor([[1.0, 2.0], [3.0, 4.0]]), [0], (0, 1)).numbers()[1]
        Number(operand='input', index=(1, 1), value=4.0)
    """
    along = {dim: axis for axis, dim in enumerate(sorted(set(dims)))}
    axes = [
        Along(along[dim], range(side)) if dim in along else i
        for dim, (side, i) in enumerate(zip(x.shape, place, strict=True))
    ]
    block = x[tuple(i if isinstance(i, int) else slice(None) for i in axes)]
    return Gathered(operand, doubles(block).reshape(-1), axes, [x.shape[dim] for dim in along])


def spread_over(operand: str, x: torch.Tensor, shape: Sequence[int]) -> Gathered:
    """Read the numbers of a tensor in the order of a shape to which it is broadcast.

    Args:
        operand: The parameter of the rule it came by.
        x: A tensor.
        shape: Of the result.

    Returns:
        One number for each place of the result.

    Example:
        >>> spread_over("weight", torch.tensor([5.0, 6.0]), [2, 2]).values.tolist()
        [5.0, 6.0, 5.0, 6.0]
    """
    first = len(shape) - x.ndim
    axes = [0 if side == 1 else Along(first + dim, range(side)) for dim, side in enumerate(x.shape)]
    return Gathered(operand, doubles(x).expand(tuple(shape)).reshape(-1), axes, shape)


def dims_of(dim: int | Sequence[int] | None, num_dims: int) -> tuple[int, ...]:
    """Give dimensions as a tuple without negative ones; None or none at all means all of them.

    Args:
        dim: As PyTorch takes it.
        num_dims: How many dimensions there are.

    Returns:
        The dimensions, in order.

    Example:
        >>> dims_of(-1, 4), dims_of((3, -2), 4), dims_of(None, 2)
        ((3,), (2, 3), (0, 1))
    """
    if num_dims == 0:
        return ()
    if dim is None or (not isinstance(dim, int) and len(dim) == 0):
        return tuple(range(num_dims))
    given = (dim,) if isinstance(dim, int) else dim
    return tuple(sorted(d % num_dims for d in given))
