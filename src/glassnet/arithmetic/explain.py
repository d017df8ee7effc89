"""One number of a pass, worked by hand from the numbers it is made of, and these again, to the pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from glassnet.arithmetic.address import name_of, with_index
from glassnet.arithmetic.operands import expand_op, operands_of
from glassnet.arithmetic.unexpanded import UnexpandedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glassnet.arithmetic.expansion import Expansion, Index, Number, Term
    from glassnet.trace.trace import Kind, Op, Trace

MOST_TERMS = 5  # followed at each number of a tree
AS_THEY_ARE = ("parameter", "buffer", "constant")  # a term of these alone, a bias, leads nowhere


@dataclass(frozen=True, eq=False)
class Explained:
    """One number of a pass.

    Attributes:
        name: Its address, such as `conv1[0,3,5,7]`.
        number: Of the value it stands in.
        index: In that value.
        kind: Where the value comes from: `input`, `parameter`, `result`, ….
        op: What made it; None for a number that was there before.
        expansion: The arithmetic; None for a number that was there before, and where `unexpanded` says why.
        unexpanded: Why there is none: a case that the operation's rule does not cover; empty where there is
            no rule at all.
        value: Worked out here, in float64; of a number that was there before, that number; None where there
            is no arithmetic.
        torch_value: PyTorch's.
        operands: What the operation reads: the parameters of the rule -> the names of their values, `weight`
            -> `conv1.weight`.
        branches: The largest terms, where they are followed further.
        rest: How many terms are not followed, and what they add.
    """

    name: str
    number: int
    index: Index
    kind: Kind
    op: Op | None
    expansion: Expansion | None
    unexpanded: str | None
    value: float | None
    torch_value: float
    operands: Mapping[str, str] = field(default_factory=dict)
    branches: tuple[Branch, ...] = ()
    rest: tuple[int, float] = (0, 0.0)

    @property
    def difference(self) -> float | None:
        """Ours minus PyTorch's; 0 where both are not a number; None where there is no arithmetic."""
        return difference(self.value, self.torch_value)

    def address(self, number: Number) -> str | None:
        """Give the address of one of the numbers that it is made of.

        Args:
            number: Of its expansion.

        Returns:
            The address; None for a number that is in no tensor.
        """
        if number.index is None or number.operand not in self.operands:
            return None
        return with_index(self.operands[number.operand], number.index)


@dataclass(frozen=True, eq=False)
class Branch:
    """A term of a number, and the explanations of those of its numbers that an operation made."""

    term: Term
    children: tuple[Explained, ...]


def explain(
    trace: Trace, value: int, index: Index, *, depth: int = 1, most_terms: int = MOST_TERMS
) -> Explained:
    """Work one number out by hand, and check it against PyTorch's.

    Args:
        trace: With all values kept.
        value: The number of a value.
        index: Of the number in it, whole and not negative.
        depth: How many operations are worked out, one behind the other; a copy (a reshaping, say) does not
            count.
        most_terms: With a depth above 1, how many terms of each number are followed, the largest first.

    Returns:
        The number's arithmetic, as a tree.

    Example:
        >>> import torch
        >>> from glassnet.trace.record import record
        >>> net = torch.nn.Linear(2, 1)
        >>> _ = torch.nn.init.ones_(net.weight), torch.nn.init.zeros_(net.bias)
        >>> trace = record(net, torch.tensor([[3.0, 4.0]]), keep="all")
        >>> explain(trace, trace.ops[0].outputs[0], (0, 0)).value
        7.0
    """
    return _explained(trace, value, index, depth, most_terms, {})


def _explained(
    trace: Trace, number: int, index: Index, depth: int, most_terms: int, known: dict
) -> Explained:
    key = (number, index, depth)
    if key not in known:
        known[key] = _work_out(trace, number, index, depth, most_terms, known)
    return known[key]


def _work_out(trace: Trace, number: int, index: Index, depth: int, most_terms: int, known: dict) -> Explained:
    recorded, name = trace.values[number], name_of(trace, number)
    torch_value = element(trace, number, index)
    op = None if recorded.made_by is None else trace.ops[recorded.made_by]
    there_before = (with_index(name, index), number, index, recorded.kind, op)
    if op is None:
        return Explained(*there_before, None, None, torch_value, torch_value)
    operands = operands_of(op)
    names = {operand: name_of(trace, value) for operand, value in operands.items()}
    try:
        expansion = expand_op(trace, op, number, index)
    except UnexpandedError as error:
        read = {**{f"#{place}": name_of(trace, value) for place, value in enumerate(op.inputs)}, **names}
        unique = {name: operand for operand, name in read.items()}  # those with a name of the rule win
        reads = {operand: name for name, operand in unique.items()}
        return Explained(*there_before, None, error.why or "", None, torch_value, reads)
    branches = []
    counted = depth if expansion.kind == "copy" else depth - 1
    chosen: list[Term] = []
    if counted > 0:
        given = {operand for operand, value in operands.items() if trace.values[value].kind in AS_THEY_ARE}
        alive = [t for t in expansion.terms if any(part.operand not in given for part in t.numbers)]
        chosen = largest(replace(expansion, terms=tuple(alive or expansion.terms)), most_terms)
    for term in chosen:
        children = tuple(
            _explained(trace, operands[part.operand], part.index, counted, most_terms, known)
            for part in term.numbers
            if part.index is not None
            and part.operand in operands
            and trace.values[operands[part.operand]].made_by is not None
        )
        branches.append(Branch(term, children))
    left, others = len(expansion.terms) - len(chosen), 0.0
    if chosen:
        picked = {id(term) for term in chosen}
        others = math.fsum(term.value for term in expansion.terms if id(term) not in picked)
    return Explained(
        *there_before, expansion, None, expansion.value, torch_value,
        names, tuple(branches), (left if chosen else 0, others),
    )  # fmt: skip


def difference(ours: float | None, theirs: float | None) -> float | None:
    """Subtract PyTorch's number from ours.

    Args:
        ours: Or None.
        theirs: Or None.

    Returns:
        The difference; 0 where both are the same infinity, or both not a number; None where one is None.

    Example:
        >>> difference(1.5, 1.0), difference(math.inf, math.inf), difference(None, 1.0)
        (0.5, 0.0, None)
    """
    if ours is None or theirs is None:
        return None
    same = ours == theirs or (math.isnan(ours) and math.isnan(theirs))
    return 0.0 if same else ours - theirs


def largest(expansion: Expansion, count: int) -> list[Term]:
    """Choose the terms that say most: those that add most to a sum, the winner of a maximum.

    Args:
        expansion: Any.
        count: How many at most.

    Returns:
        The terms, the largest first; those of equal size in their own order.
    """
    if expansion.kind == "maximum":
        return [term for term in expansion.terms if term.value == expansion.value][:1]
    return sorted(expansion.terms, key=lambda term: -abs(term.value))[:count]


def element(trace: Trace, number: int, index: Index) -> float:
    """Read one number of a kept value.

    Args:
        trace: With all values kept.
        number: Of the value.
        index: Whole.

    Returns:
        The number.
    """
    return float(trace.kept[number][index].item())
