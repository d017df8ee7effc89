"""Sums over the axes that tensors share: `einsum`, of which every product of matrices is a case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from glassnet.arithmetic.elements import Along, gather
from glassnet.arithmetic.terms import products, sum_of
from glassnet.arithmetic.unexpanded import UnexpandedError

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from torch import Tensor

    from glassnet.arithmetic.expansion import At, Expansion, Number, Term

Labels = Sequence["Hashable"]  # a name for each axis of a tensor; equal names go together
Factor = tuple[str, "Tensor", Labels]


def contraction(
    factors: Sequence[Factor], fixed: Mapping[Any, int], scale: Number | None = None
) -> tuple[Term, ...]:
    """Multiply the numbers of tensors that stand at equal places of the axes with equal labels.

    Args:
        factors: Operand, tensor and the labels of its axes.
        fixed: The labels of the result's axes, and the place on each.
        scale: A number that multiplies each product.

    Returns:
        A term for each place on the axes that the result does not have. An axis of length one goes with any.

    Example:
        >>> import torch
        >>> a, b = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([10.0, 1.0])
        >>> [term.value for term in contraction([("a", a, "ik"), ("b", b, "k")], {"i": 1})]
        [30.0, 4.0]
    """
    sides: dict[Hashable, int] = {}
    for _, tensor, labels in factors:
        for label, side in zip(labels, tensor.shape, strict=True):
            if label not in fixed:
                sides[label] = side if sides.get(label, 1) == 1 else sides[label]
    axis_of = {label: axis for axis, label in enumerate(sides)}
    shape = list(sides.values())

    def place(label: Hashable, side: int) -> int | Along:
        if label in fixed:
            return 0 if side == 1 else fixed[label]
        return Along(axis_of[label], [0] * sides[label] if side == 1 else range(side))

    gathered = []
    for operand, tensor, labels in factors:
        axes = [place(label, side) for label, side in zip(labels, tensor.shape, strict=True)]
        gathered.append(gather(operand, tensor, axes, shape))
    return products(gathered if scale is None else [scale, *gathered])


def _tensordot(at: At, a: Tensor, b: Tensor, dims: int | Sequence[Sequence[int]] = 2) -> Expansion:
    if isinstance(dims, int):
        dims = (range(a.dim() - dims, a.dim()), range(dims))
    elif not isinstance(dims, list | tuple):
        raise UnexpandedError("tensordot", "its dims are a tensor")
    summed_a, summed_b = (
        [axis % tensor.dim() for axis in axes] for tensor, axes in zip((a, b), dims, strict=True)
    )
    shared = {("a", i): k for k, i in enumerate(summed_a)} | {("b", j): k for k, j in enumerate(summed_b)}
    names_a: Labels = [shared.get(("a", axis), ("a", axis)) for axis in range(a.dim())]
    names_b: Labels = [shared.get(("b", axis), ("b", axis)) for axis in range(b.dim())]
    free = [label for label in (*names_a, *names_b) if isinstance(label, tuple)]
    terms = contraction([("a", a, names_a), ("b", b, names_b)], dict(zip(free, at.index, strict=True)))
    return sum_of(terms, "Σ a·b")


def _einsum(at: At, equation: str, *operands: Tensor | Sequence[Tensor]) -> Expansion:
    in_list = len(operands) == 1 and isinstance(operands[0], list | tuple)
    tensors: Sequence[Tensor] = operands[0] if in_list else operands  # pyright: ignore[reportAssignmentType]
    left, arrow, right = equation.replace(" ", "").partition("->")
    inputs = [_labels(letters, t.dim()) for letters, t in zip(left.split(","), tensors, strict=True)]
    every = [label for labels in inputs for label in labels]
    hidden: Labels = sorted({label for label in every if isinstance(label, int)})
    if arrow:
        before, dots, after = right.partition("...")
        result: Labels = [*before, *(hidden if dots else []), *after]
    else:  # PyTorch's order: further axes, then the letters that occur once
        result = [
            *hidden,
            *sorted(label for label in set(every) if isinstance(label, str) and every.count(label) == 1),
        ]
    fixed = dict(zip(result, at.index, strict=True))
    names = [f"operands[{place}]" for place in range(len(tensors))]
    terms = contraction(list(zip(names, tensors, inputs, strict=True)), fixed)
    formula = ("Σ " if set(every) - set(fixed) else "") + "·".join(names)
    return sum_of(terms, formula, "sum" if len(names) == 1 else "sum_of_products")


def _labels(letters: str, axes: int) -> Labels:
    """Name the axes of one operand: by letters, and those of an ellipsis by −1, −2, … from the end."""
    before, _, after = letters.partition("...")
    num_hidden = axes - len(before) - len(after)
    return [*before, *range(-num_hidden, 0), *after]


RULES = {"tensordot": _tensordot, "einsum": _einsum}
