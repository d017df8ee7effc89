"""Many numbers of a tensor at once, with their indices, as the factors of a sum of products."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import reduce
from operator import mul
from typing import TYPE_CHECKING

import torch

from glassnet.arithmetic.expansion import Expansion, Number, Term
from glassnet.arithmetic.numbers import factor, joined, short, shown
from glassnet.arithmetic.unexpanded import UnexpandedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glassnet.arithmetic.expansion import Index

MOST_TERMS = 1_000_000  # beyond that a list of terms helps nobody and fills the memory


@dataclass(frozen=True, slots=True)
class Along:
    """The places on an axis of a tensor that are visited along one axis of the grid of terms."""

    axis: int
    places: Sequence[int]


@dataclass(frozen=True, slots=True)
class Gathered:
    """Numbers of one operand, in the order of the terms."""

    operand: str
    indices: list[Index]
    values: list[float]

    def numbers(self) -> list[Number]:
        """Give each with its index.

        Returns:
            The numbers in order.
        """
        operand = self.operand
        return [Number(operand, i, v) for i, v in zip(self.indices, self.values, strict=True)]


def values_of(tensor: torch.Tensor) -> list[float]:
    """Read all numbers of a tensor.

    Args:
        tensor: Of any real type, on any device.

    Returns:
        Its numbers, row by row.

    Raises:
        UnexpandedError: They are complex.

    Example:
        >>> values_of(torch.tensor([[1, 2], [3, 4]]))
        [1.0, 2.0, 3.0, 4.0]
    """
    if tensor.is_complex():
        raise UnexpandedError("complex numbers", "only real ones are worked out")
    return tensor.detach().cpu().double().reshape(-1).tolist()


def number_at(operand: str, tensor: torch.Tensor, index: Index) -> Number:
    """Read one number of a tensor.

    Args:
        operand: The name under which it is reported.
        tensor: Where it stands.
        index: Its place.

    Returns:
        The number.

    Example:
        >>> number_at("bias", torch.tensor([0.5, 2.0]), (1,))
        Number(operand='bias', index=(1,), value=2.0)
    """
    return Number(operand, index, values_of(tensor[index])[0])


def gather(operand: str, tensor: torch.Tensor, axes: Sequence[int | Along], shape: Sequence[int]) -> Gathered:
    """Read a grid of numbers of a tensor.

    Args:
        operand: The name under which they are reported.
        tensor: Where they stand.
        axes: For each axis of the tensor: the fixed place, or the places visited along an axis of the grid.
        shape: Of the grid.

    Returns:
        One number for each place of the grid, row by row.

    Raises:
        UnexpandedError: The grid has more than a million places.

    Example:
        >>> gather("input", torch.arange(6).reshape(2, 3), [1, Along(0, [0, 2])], [2])
        Gathered(operand='input', indices=[(1, 0), (1, 2)], values=[3.0, 5.0])
    """
    count = math.prod(shape)
    if count > MOST_TERMS:
        raise UnexpandedError("a sum", f"it has {count:,} terms, more than {MOST_TERMS:,}")
    if not count:
        return Gathered(operand, [], [])
    picks: list[int | torch.Tensor] = []
    columns = []
    for place in axes:
        if isinstance(place, int):
            picks.append(place)
            columns.append(itertools.repeat(place, count))
        else:
            sides = [1] * len(shape)
            sides[place.axis] = len(place.places)
            picks.append(torch.tensor(place.places, dtype=torch.long).reshape(sides))
            columns.append(_column(place, shape))
    values = values_of(tensor.detach().cpu()[tuple(picks)].expand(tuple(shape)))
    return Gathered(operand, list(zip(*columns, strict=True)) if columns else [()] * count, values)


def _column(along: Along, shape: Sequence[int]) -> list[int]:
    """Give the place on one axis for each place of the grid."""
    inner = math.prod(shape[along.axis + 1 :])
    once = list(itertools.chain.from_iterable(itertools.repeat(place, inner) for place in along.places))
    return once * math.prod(shape[: along.axis])


def total(values: Sequence[float]) -> float:
    """Add numbers in float64, rounded once.

    Args:
        values: Any, also infinite ones.

    Returns:
        The sum.

    Example:
        >>> total([0.1] * 10)
        1.0
    """
    try:
        return math.fsum(values)
    except (OverflowError, ValueError):  # infinities of both signs, or a sum too large on the way
        return sum(values)


def product_terms(factors: Sequence[Gathered], scale: Number | None = None) -> list[Term]:
    """Multiply numbers that stand side by side.

    Args:
        factors: Equally many numbers each.
        scale: A number that multiplies each product, from an argument.

    Returns:
        One term for each place.

    Example:
        >>> a, b = Gathered("a", [(0,)], [2.0]), Gathered("b", [(3,)], [5.0])
        >>> product_terms([a, b])[0].value
        10.0
    """
    columns = [gathered.numbers() for gathered in factors]
    products: Sequence[float] = reduce(lambda a, b: list(map(mul, a, b)), [g.values for g in factors])
    if scale is not None:
        columns.insert(0, [scale] * len(products))
        products = [scale.value * product for product in products]
    return [Term(numbers, v) for numbers, v in zip(zip(*columns, strict=True), products, strict=True)]


def product_text(term: Term) -> str:
    """Write a term as its product: `2·(−3)`.

    Args:
        term: Of at least one number.

    Returns:
        Its text.

    Example:
        >>> product_text(Term((Number("a", (0,), 2.0), Number("b", (0,), -3.0)), -6.0))
        '2·(−3)'
    """
    return "·".join(factor(number.value) for number in term.numbers)


def line_of(terms: Sequence[Term]) -> str:
    """Write terms as a sum on one line.

    Args:
        terms: Any number of them.

    Returns:
        The line; of more than twelve terms the first ones and the last.

    Example:
        >>> line_of([Term((Number("input", (n,), n),), n) for n in range(100)])
        '0 + 1 + 2 + … + 99'
    """
    return joined([product_text(term) for term in shown(terms)]) or "0"


def sum_of_terms(
    terms: Sequence[Term],
    *,
    formula: str,
    kind: str = "sum_of_products",
    facts: Mapping[str, float] | None = None,
) -> Expansion:
    """Add terms up.

    Args:
        terms: Products, and what is added to them.
        formula: In symbols.
        kind: The key of its text.
        facts: Named numbers that are no terms.

    Returns:
        The sum with its line: `1·1 + 2·2 = 5`.

    Example:
        >>> two = product_terms([Gathered("a", [(0,), (1,)], [1, 2]), Gathered("b", [(0,), (1,)], [1, 2])])
        >>> sum_of_terms(two, formula="Σ a·b").worked
        '1·1 + 2·2 = 5'
    """
    value = total([term.value for term in terms])
    return Expansion(
        kind, formula, f"{line_of(terms)} = {short(value)}", tuple(terms), value, dict(facts or {})
    )
