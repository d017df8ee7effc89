"""The gradient of the loss by one number, worked by hand: the chain rule over every place that uses it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from glassnet.arithmetic.address import name_of, with_index
from glassnet.arithmetic.explain import difference
from glassnet.arithmetic.operands import expand_op, operands_of
from glassnet.arithmetic.replay import CannotReplayError, local_derivatives
from glassnet.arithmetic.unexpanded import UnexpandedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glassnet.arithmetic.expansion import Expansion, Index, Number
    from glassnet.trace.trace import Op, Trace

MOST_TERMS = 5  # followed, and whose local derivative is looked for among the numbers read
EXPLAINED = (
    1e-3  # share of all terms by which PyTorch's gradient may differ before a way must have been missed
)
SAME = 1e-9  # share by which a local derivative may differ from the number that it is said to be
PRODUCT = 2  # numbers in a term whose derivative by one is the other


@dataclass(frozen=True, slots=True)
class GradientTerm:
    """One place that uses the number: what it adds to the gradient.

    Attributes:
        op: Label of the operation.
        output: Address of the number that the operation makes there.
        number: Of the value that this stands in.
        index: In it.
        upstream: The gradient of the loss by that number, PyTorch's.
        local: The derivative of that number by ours, worked out in float64.
        is_number: Address of the number that the local derivative is, where it is one: of a weight, the input
            that it is multiplied with. Looked for in the largest terms only.
        value: `upstream · local`.
    """

    op: str
    output: str
    number: int
    index: Index
    upstream: float
    local: float
    is_number: str | None
    value: float


@dataclass(frozen=True, eq=False)
class ExplainedGradient:
    """The gradient of the loss by one number.

    Attributes:
        name: Its address.
        number: Of the value it stands in.
        index: In that value.
        value: The sum of the terms; 1 for the loss itself.
        torch_value: PyTorch's, from its backward pass; None where it keeps none.
        terms: Every place that adds something, the largest first.
        places: How many places use the number, also those that add nothing.
        operations: Labels of the operations that use it.
        missing: What `value` lacks: operations whose derivative could not be taken, and why (`random`,
            `complex`, or PyTorch's words); `unseen` where PyTorch's gradient has a part that no recorded
            operation shows.
        followed: The gradients by which the largest terms go on towards the loss.
    """

    name: str
    number: int
    index: Index
    value: float
    torch_value: float | None
    terms: tuple[GradientTerm, ...]
    places: int
    operations: tuple[str, ...]
    missing: tuple[tuple[str, str], ...] = ()
    followed: tuple[ExplainedGradient, ...] = ()

    @property
    def difference(self) -> float | None:
        """Ours minus PyTorch's; None where it has none."""
        return difference(self.value, self.torch_value)


def explain_gradient(
    trace: Trace, value: int, index: Index, *, depth: int = 1, most_terms: int = MOST_TERMS
) -> ExplainedGradient:
    """Work the gradient of the loss by one number out by hand, and check it against PyTorch's.

    Every operation that reads the value is done again in float64; each number that it makes and that changes
    with ours adds `gradient of the loss by that number · local derivative` (the chain rule).

    Args:
        trace: With a loss, and all values kept.
        value: The number of a value: a parameter, a result, or the input.
        index: Of the number in it, whole and not negative.
        depth: How many operations are followed towards the loss.
        most_terms: How many terms are followed with a depth above 1.

    Returns:
        The gradient as a sum, with the gradients that it was made from.

    Example:
        >>> from glassnet.trace.record import record
        >>> net = torch.nn.Linear(2, 1)
        >>> trace = record(net, torch.tensor([[3.0, 4.0]]), keep="all", backward=torch.sum)
        >>> weight = next(v.number for v in trace.values if v.name == "weight")
        >>> term = explain_gradient(trace, weight, (0, 1)).terms[0]
        >>> term.upstream, term.local, term.is_number
        (1.0, 4.0, 'images[0,1]')
    """
    return _explained(trace, value, index, depth, most_terms, {})


def _explained(
    trace: Trace, number: int, index: Index, depth: int, most_terms: int, known: dict
) -> ExplainedGradient:
    key = (number, index, depth)
    if key in known:
        return known[key]
    name = with_index(name_of(trace, number), index)
    own = trace.kept_gradients.get(number)
    torch_value = None if own is None else float(own[index].item())
    rounding = EXPLAINED if own is None else max(EXPLAINED, 2 * torch.finfo(own.dtype).eps)
    users = [op for op in trace.ops if number in op.inputs]
    terms, missing = _terms(trace, users, number, index)
    largest = sorted(terms, key=lambda term: -abs(term.value))
    named = [_named(trace, term, number, index) for term in largest[:most_terms]] + largest[most_terms:]
    adding = tuple(term for term in named if term.value != 0)
    value = math.fsum(term.value for term in terms)
    if number == trace.loss:
        value, torch_value = 1.0 + value, 1.0
    size = math.fsum(abs(term.value) for term in terms)
    if (
        torch_value is not None
        and not missing
        and abs(value - torch_value) > rounding * (size + abs(torch_value))
    ):
        missing.append(("", "unseen"))
    followed = ()
    if depth > 1:
        on = [term for term in adding[:most_terms] if term.number != trace.loss]
        followed = tuple(
            _explained(trace, term.number, term.index, depth - 1, most_terms, known) for term in on
        )
    known[key] = ExplainedGradient(
        name, number, index, value, torch_value, adding, len(terms), tuple(op.label for op in users),
        tuple(missing), followed,
    )  # fmt: skip
    return known[key]


def _terms(
    trace: Trace, users: list[Op], number: int, index: Index
) -> tuple[list[GradientTerm], list[tuple[str, str]]]:
    """Give a term for each number that changes with ours, and the operations that could not be followed."""
    terms: list[GradientTerm] = []
    missing: list[tuple[str, str]] = []
    for op in users:
        flowing = [output for output in op.outputs if _upstream(trace, output) is not None]
        if not flowing or not trace.values[flowing[0]].requires_grad:
            continue  # nothing comes back through it
        try:
            found = local_derivatives(trace, op, number, index)
        except CannotReplayError as error:
            missing.append((op.label, str(error)))
            continue
        if found.random or any(change.is_complex() for _, change in found.by_output):
            missing.append((op.label, "random" if found.random else "complex"))
            continue
        for output, change in found.by_output:
            upstream = _upstream(trace, output)
            if upstream is None:
                continue
            name = name_of(trace, output)
            for place in torch.nonzero(change).tolist():
                at = tuple(place)
                above, local = float(upstream[at].item()), float(change[at].item())
                terms.append(
                    GradientTerm(
                        op.label, with_index(name, at), output, at, above, local, None, above * local
                    )
                )
    return terms, missing


def _upstream(trace: Trace, output: int) -> torch.Tensor | None:
    if output == trace.loss:
        return torch.ones(trace.values[output].shape, dtype=torch.float64)
    return trace.kept_gradients.get(output)


def _named(trace: Trace, term: GradientTerm, number: int, index: Index) -> GradientTerm:
    """Name the number that a local derivative is: the other one of a product."""
    made_by = trace.values[term.number].made_by
    if made_by is None:
        return term
    op = trace.ops[made_by]
    try:
        expansion = expand_op(trace, op, term.number, term.index)
    except UnexpandedError:
        return term
    other = _other_factor(expansion, operands_of(op), number, index)
    if other is None or not math.isclose(other.value, term.local, rel_tol=SAME):
        return term
    written = with_index(name_of(trace, operands_of(op)[other.operand]), other.index or ())
    return replace(term, is_number=written)


def _other_factor(
    expansion: Expansion, operands: Mapping[str, int], number: int, index: Index
) -> Number | None:
    """Find what a number is multiplied with, where it stands in one product of a sum only."""

    def is_ours(part: Number) -> bool:
        return part.index == index and operands.get(part.operand) == number

    products = [part.numbers for part in expansion.terms if any(is_ours(one) for one in part.numbers)]
    if expansion.kind != "sum_of_products" or len(products) != 1 or len(products[0]) != PRODUCT:
        return None
    others = [part for part in products[0] if not is_ours(part) and part.operand in operands]
    return next((part for part in others if part.index is not None), None)
