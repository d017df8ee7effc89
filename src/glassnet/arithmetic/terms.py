"""Terms made of numbers, and sums of terms."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import reduce
from itertools import repeat
from typing import TYPE_CHECKING

import torch

from glassnet.arithmetic.elements import MOST_TERMS, Gathered
from glassnet.arithmetic.expansion import Expansion, Number, Term
from glassnet.arithmetic.numbers import factor, joined, short
from glassnet.arithmetic.unexpanded import UnexpandedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from glassnet.arithmetic.expansion import At, Kind


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
        return float(sum(values))


def listed(rows: Iterable[tuple[Number, ...]], parts: Sequence[float]) -> tuple[Term, ...]:
    """Make a term of each row of numbers, with its part of the result.

    Args:
        rows: As many as there are parts, or `MOST_TERMS`.
        parts: What each row adds.

    Returns:
        The terms; of more than `MOST_TERMS` the last holds the parts of all the rest, without numbers.

    Example:
        >>> listed([(Number("input", (0,), 2.0),)], [1.0])
        (Term(numbers=(Number(operand='input', index=(0,), value=2.0),), value=1.0),)
    """
    if len(parts) <= MOST_TERMS:
        return tuple(map(Term, rows, parts))
    return (*map(Term, rows, parts[: MOST_TERMS - 1]), Term((), total(parts[MOST_TERMS - 1 :])))


def terms_of(factors: Sequence[Gathered | Number], parts: torch.Tensor) -> tuple[Term, ...]:
    """Make a term of the numbers that stand side by side.

    Args:
        factors: Equally many numbers each, or one that stands in every term.
        parts: What each term adds to the result.

    Returns:
        One term for each part.
    """
    columns = [f.numbers() if isinstance(f, Gathered) else repeat(f) for f in factors]
    return listed(zip(*columns, strict=False), parts.tolist())


def products(factors: Sequence[Gathered | Number]) -> tuple[Term, ...]:
    """Multiply numbers that stand side by side.

    Args:
        factors: Equally many numbers each, or one that multiplies all.

    Returns:
        One term for each product.

    Example:
        >>> from glassnet.arithmetic.elements import lane
        >>> x = lane("x", torch.tensor([2.0, 5.0]), [0], (0,))
        >>> [term.value for term in products([x, x])]
        [4.0, 25.0]
    """
    values = [f.values if isinstance(f, Gathered) else f.value for f in factors]
    return terms_of(factors, torch.as_tensor(reduce(lambda a, b: a * b, values)))


def product_text(term: Term) -> str:
    """Write a term as its product: `2·(−3)`.

    Args:
        term: The product of its numbers.

    Returns:
        Its text.

    Example:
        >>> product_text(Term((Number("a", (0,), 2.0), Number("b", (0,), -3.0)), -6.0))
        '2·(−3)'
    """
    return "·".join(factor(number.value) for number in term.numbers) or factor(term.value)


def added(*numbers: Number | None) -> tuple[Term, ...]:
    """Make terms of numbers that are added as they are, such as a bias.

    Args:
        numbers: Those that are None are left out.

    Returns:
        A term for each.

    Example:
        >>> added(Number("bias", (1,), 0.5), None)
        (Term(numbers=(Number(operand='bias', index=(1,), value=0.5),), value=0.5),)
    """
    return tuple(Term((number,), number.value) for number in numbers if number is not None)


def sum_of(
    terms: Sequence[Term],
    formula: str,
    kind: Kind = "sum_of_products",
    facts: Mapping[str, float | int | str] | None = None,
) -> Expansion:
    """Add up products, and what is added to them.

    Args:
        terms: Each the product of its numbers.
        formula: In symbols.
        kind: Of the expansion.
        facts: Named numbers that are no terms.

    Returns:
        The sum.

    Example:
        >>> sum_of(added(Number("input", (0,), 2.0), Number("other", (0,), -1.0)), "input + other").worked
        '2 + (−1)'
    """
    value = total([term.value for term in terms])
    return Expansion(kind, formula, joined(terms, product_text), tuple(terms), value, facts or {})


def copy_of(at: At, number: Number, *found_by: Number, formula: str | None = None) -> Expansion:
    """Make the expansion of a number that is another, in the type of the result.

    Args:
        at: Which number.
        number: The other.
        found_by: Numbers that tell where it stands.
        formula: In symbols, if not the operand's name.

    Returns:
        One term; where the type of the result cannot hold the number it is rounded, and the formula says so.

    Example:
        >>> from glassnet.arithmetic.expansion import At
        >>> copy_of(At((0,), (torch.tensor([0.5]),)), Number("input", (3, 1), 0.5)).worked
        'input[3, 1]'
    """
    value = in_type(number.value, at.result.dtype)
    index = ", ".join(map(str, number.index or ()))
    formula, worked = formula or number.operand, f"{number.operand}[{index}]" if index else number.operand
    if number.index is None:
        worked = short(number.value)
    if value != number.value and not math.isnan(value):
        kind = str(at.result.dtype).removeprefix("torch.")
        formula, worked = f"{kind}({formula})", f"{kind}({short(number.value)})"
    return Expansion("copy", formula, worked, (Term((number, *found_by), value),), value)


def in_type(value: float, dtype: torch.dtype) -> float:
    """Round a number as a type does.

    Args:
        value: Any.
        dtype: Of real numbers.

    Returns:
        The number that the type holds.

    Raises:
        UnexpandedError: The type is one of complex numbers.

    Example:
        >>> in_type(2.7, torch.int64), in_type(2.7, torch.bool)
        (2.0, 1.0)
    """
    if dtype.is_complex:
        raise UnexpandedError("a tensor", "its numbers are complex")
    return float(torch.tensor(value, dtype=torch.float64).to(dtype))


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
