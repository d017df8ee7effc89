"""The noun `Expansion`: one number as the arithmetic that makes it.

A rule is a function whose first parameter is an `At` and whose further ones are named as those of the PyTorch
function that it explains (`input, weight, bias=None, stride=1, …`), so that Python binds a recorded call to
it. It reads single elements of the tensors, computes in float64, and returns an `Expansion`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

Index = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class At:
    """Which number of an operation is asked for.

    `outputs` are all tensors that the operation gave; `output` is the place of the one in question.
    """

    index: Index
    outputs: tuple[torch.Tensor, ...]
    output: int = 0


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a tensor that the operation reads.

    `operand` is the parameter of the rule it came by (`input`, `weight`), with a place where that is a list
    (`tensors[2]`). An `index` of None: a number that is not in a tensor (an argument such as 2.0).
    """

    operand: str
    index: Index | None
    value: float


@dataclass(frozen=True, slots=True)
class Term:
    """What some numbers add to the result; `value` is its part, after the formula's own steps."""

    numbers: tuple[Number, ...]
    value: float


@dataclass(frozen=True, slots=True)
class Expansion:
    """One number, worked out.

    Attributes:
        kind: What sort of arithmetic, the key of its text: `sum_of_products`, `sum`, `mean`, `maximum`,
            `function`, `normalisation`, `softmax`, `copy`, ….
        formula: In symbols: `Σ input·weight + bias`.
        worked: The same with its numbers, where they fit on a line: `(0.5 − 0.1)/√(0.04 + 1e-05)·1.2 + 0.3`.
        terms: What it is made of; for a sum their values add up to `value`.
        value: In float64.
        facts: Named numbers of the formula that are not terms: `mean`, `variance`, `padded` (how many places
            of the window lie outside), ….
    """

    kind: str
    formula: str
    worked: str
    terms: tuple[Term, ...]
    value: float
    facts: Mapping[str, float | int | str] = field(default_factory=dict)
