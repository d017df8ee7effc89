"""The noun `Expansion`: one number as the arithmetic that makes it.

A rule is a function whose first parameter is an `At` and whose further ones are named as those of the PyTorch
function that it explains (`input, weight, bias=None, stride=1, …`), so that Python binds a recorded call to
it: what they mean is what they mean there. It reads single elements of the tensors, computes in float64, and
returns an `Expansion`. Each file of rules ends with its table, `RULES`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

Index = tuple[int, ...]

# what sort of arithmetic it is: each has a text in the part `arithmetic`
Kind = Literal[
    "copy",  # of one number, in the type of the result
    "constant",  # it depends on no other number; no terms
    "padding",  # the same, put around a tensor
    "drawn",  # a random number; no terms
    "choice",  # one of two numbers
    "condition",  # 1 where it holds, else 0
    "place",  # where among others a number stands
    "maximum",  # terms are those compared; the fact `winner` counts them from 0
    "minimum",
    "median",
    "sum",  # of numbers; the terms add up to the value
    "sum_of_products",  # the terms add up to the value
    "product",
    "mean",  # the terms add up to the value
    "spread",  # variance, to which the terms add up, or its root
    "norm",  # a root of a sum, to which the terms add up
    "function",  # of the numbers of its one term
    "normalisation",
    "softmax",  # terms are the shares of all numbers, and add up to 1
    "attention",  # a mean weighted by a softmax; the terms add up to the value
    "dropout",
    "loss",  # the terms add up to the value
    "recurrent",
]


@dataclass(frozen=True, slots=True)
class At:
    """Which number of an operation is asked for.

    `outputs` are all tensors that the operation gave; `output` is the place of the one in question.
    """

    index: Index
    outputs: tuple[torch.Tensor, ...]
    output: int = 0

    @property
    def result(self) -> torch.Tensor:
        """The tensor in which the number stands."""
        return self.outputs[self.output]


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a tensor that the operation reads.

    `operand` is the parameter of the rule it came by (`input`, `weight`), with a place where that is a list
    (`tensors[2]`). An `index` of None: a number that is not in a tensor, be it given (2.0) or worked out on
    the way (`mean`).
    """

    operand: str
    index: Index | None
    value: float


@dataclass(frozen=True, slots=True)
class Term:
    """What some numbers add to the result; `value` is its part, after the formula's own steps.

    A term without numbers holds the rest of a sum that is too long to be listed.
    """

    numbers: tuple[Number, ...]
    value: float


@dataclass(frozen=True, slots=True)
class Expansion:
    """One number, worked out.

    Attributes:
        kind: What sort of arithmetic.
        formula: In symbols: `Σ input·weight + bias`.
        worked: The same with its numbers, without the value: `(0.5 − 0.1)/√(0.04 + 1e-05)·1.2 + 0.3`. Of a
            long line the first numbers and the last.
        terms: What it is made of.
        value: In float64.
        facts: Named numbers of the formula that are not terms: `mean`, `variance`, `padded` (how many places
            of the window lie outside), ….
    """

    kind: Kind
    formula: str
    worked: str
    terms: tuple[Term, ...]
    value: float
    facts: Mapping[str, float | int | str] = field(default_factory=dict)
