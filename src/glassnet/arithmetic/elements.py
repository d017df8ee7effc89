"""Single numbers of tensors, read in float64, and the terms that are made of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice, product
from typing import TYPE_CHECKING

import torch

from glassnet.arithmetic.expansion import Number, Term
from glassnet.arithmetic.unexpanded import UnexpandedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from glassnet.arithmetic.expansion import At, Expansion, Index

Operand = torch.Tensor | float  # int and bool too

MOST_TERMS = 4096  # of a longer sum the last term holds the rest together, without its numbers


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
    if not isinstance(x, torch.Tensor):
        if isinstance(x, complex):
            raise UnexpandedError("a tensor", "its numbers are complex")
        return Number(operand, None, float(x))
    own = broadcast(place, x.shape)
    return Number(operand, own, read(x, own))


def lane(x: torch.Tensor, dims: Iterable[int], place: Index) -> tuple[torch.Tensor, Iterator[Index]]:
    """Read all numbers that lie along some dimensions through one place.

    Args:
        x: A tensor.
        dims: The dimensions to run along, not negative.
        place: An index in the tensor; what it says of `dims` does not matter.

    Returns:
        The numbers in float64, one after the other, and their indices.

    Example:
        >>> numbers, places = lane(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), [0], (0, 1))
        >>> numbers.tolist(), list(places)
        ([2.0, 4.0], [(0, 1), (1, 1)])
    """
    along = set(dims)
    sides = [
        range(n) if d in along else range(i, i + 1)
        for d, (n, i) in enumerate(zip(x.shape, place, strict=True))
    ]
    block = x[tuple(slice(side.start, side.stop) for side in sides)]
    return doubles(block).flatten(), product(*sides)


def whole_place(place: Index, num_dims: int, dims: Sequence[int]) -> Index:
    """Give the index in the input of a reduction from that in its output, with 0 where it was reduced.

    Args:
        place: An index in the output, with or without the reduced dimensions.
        num_dims: How many dimensions the input has.
        dims: Those that were reduced, not negative.

    Returns:
        The index in the input.

    Example:
        >>> whole_place((4, 5), 3, [1]), whole_place((4, 0, 5), 3, [1])
        ((4, 0, 5), (4, 0, 5))
    """
    if len(place) == num_dims:
        return place
    rest = iter(place)
    return tuple(0 if d in dims else next(rest) for d in range(num_dims))


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


def terms_of(
    operand: str, values: Sequence[float], places: Iterable[Index], parts: Sequence[float]
) -> tuple[Term, ...]:
    """Make a term of each number, with its part of the result.

    Args:
        operand: The parameter of the rule that the numbers came by.
        values: The numbers.
        places: Their indices.
        parts: What each adds to the result.

    Returns:
        A term for each; of more than `MOST_TERMS` the last holds the parts of all the rest, without numbers.

    Example:
        >>> terms_of("input", [2.0, 4.0], [(0,), (1,)], [1.0, 2.0])[1]
        Term(numbers=(Number(operand='input', index=(1,), value=4.0),), value=2.0)
    """
    listed = len(values) if len(values) <= MOST_TERMS else MOST_TERMS - 1
    three = zip(islice(places, listed), values, parts, strict=False)
    terms = [Term((Number(operand, place, value),), part) for place, value, part in three]
    if listed < len(values):
        terms.append(Term((), sum(parts[listed:])))
    return tuple(terms)


def renamed(done: Expansion, names: Mapping[str, str]) -> Expansion:
    """Name operands as the call bound them, where that is not how they are called in the formula.

    Args:
        done: An expansion.
        names: For a name in its terms the parameter that the call bound.

    Returns:
        The same with other operands.
    """
    terms = tuple(
        Term(tuple(replace(n, operand=names.get(n.operand, n.operand)) for n in term.numbers), term.value)
        for term in done.terms
    )
    return replace(done, terms=terms)


def result(at: At) -> torch.Tensor:
    """Give the tensor in which the number in question stands.

    Args:
        at: Which number is asked for.

    Returns:
        One of the operation's outputs.
    """
    return at.outputs[at.output]
