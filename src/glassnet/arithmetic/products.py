"""Products of matrices: sums over the axes that two tensors share; every kind of them is an `einsum`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from glassnet.arithmetic.expansion import Number, Term
from glassnet.arithmetic.gather import Along, gather, number_at, product_terms, sum_of_terms
from glassnet.arithmetic.unexpanded import UnexpandedError

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import torch

    from glassnet.arithmetic.expansion import At, Expansion, Index

Labels = Sequence["Hashable"]  # a name for each axis of a tensor; equal names go together
Factor = tuple[str, "torch.Tensor", Labels]


def contraction(
    factors: Sequence[Factor], fixed: Mapping[Hashable, int], scale: Number | None = None
) -> list[Term]:
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
        >>> [term.value for term in contraction([("a", a, ["i", "k"]), ("b", b, ["k"])], {"i": 1})]
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
    return product_terms(gathered, scale)


def linear(
    at: At,
    input: torch.Tensor,  # noqa: A002 - PyTorch's name
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
) -> Expansion:
    """Work out one number of `linear`.

    Args:
        at: Which number.
        input: …×I.
        weight: O×I, or I alone.
        bias: O, or one number, or None.

    Returns:
        The sum of input times weight, plus the bias.
    """
    whole = weight.dim() > 1
    *before, output = at.index if whole else (*at.index, 0)
    fixed = {**dict(enumerate(before)), "output": output}
    labels: Labels = ["output", "input"] if whole else ["input"]
    terms = contraction([("input", input, [*range(len(before)), "input"]), ("weight", weight, labels)], fixed)
    if bias is None:
        return sum_of_terms(terms, formula="Σ input·weight")
    number = number_at("bias", bias, (output,) if bias.dim() else ())
    return sum_of_terms([*terms, Term((number,), number.value)], formula="Σ input·weight + bias")


def matmul(at: At, input: torch.Tensor, other: torch.Tensor) -> Expansion:  # noqa: A002 - PyTorch's name
    """Work out one number of `matmul` (`@`), of vectors, matrices, and batches of matrices.

    Args:
        at: Which number.
        input: …×I×K, or K.
        other: …×K×J, or K.

    Returns:
        A row times a column.
    """
    return _matrix_product(at.index, ("input", input), ("other", other))


def rmatmul(at: At, input: torch.Tensor, other: torch.Tensor) -> Expansion:  # noqa: A002 - PyTorch's name
    """Work out one number of `other @ input`, where the call stands at the right side.

    Args:
        at: Which number.
        input: …×K×J, or K.
        other: …×I×K, or K.

    Returns:
        A row times a column.
    """
    return _matrix_product(at.index, ("other", other), ("input", input))


def mm(at: At, input: torch.Tensor, mat2: torch.Tensor) -> Expansion:  # noqa: A002 - PyTorch's name
    """Work out one number of `mm` or `bmm`.

    Args:
        at: Which number.
        input: (B×)I×K.
        mat2: (B×)K×J.

    Returns:
        A row times a column.
    """
    return _matrix_product(at.index, ("input", input), ("mat2", mat2))


def mv(at: At, input: torch.Tensor, vec: torch.Tensor) -> Expansion:  # noqa: A002 - PyTorch's name
    """Work out one number of `mv`.

    Args:
        at: Which number.
        input: I×K.
        vec: K.

    Returns:
        A row times the vector.
    """
    return _matrix_product(at.index, ("input", input), ("vec", vec))


def dot(at: At, input: torch.Tensor, tensor: torch.Tensor) -> Expansion:  # noqa: A002 - PyTorch's name
    """Work out `dot` or `vdot`.

    Args:
        at: The one number.
        input: K.
        tensor: K.

    Returns:
        The sum of the products.
    """
    return _matrix_product(at.index, ("input", input), ("tensor", tensor))


def inner(at: At, input: torch.Tensor, other: torch.Tensor) -> Expansion:  # noqa: A002 - PyTorch's name
    """Work out one number of `inner`: each row of one tensor times each row of the other.

    Args:
        at: Which number.
        input: …×K, or one number.
        other: …×K, or one number.

    Returns:
        A row times a row.
    """
    if not input.dim() or not other.dim():
        left: Labels = list(range(input.dim()))
        right: Labels = list(range(input.dim(), input.dim() + other.dim()))
    else:
        left = [*range(input.dim() - 1), "k"]
        right = [*range(input.dim() - 1, input.dim() + other.dim() - 2), "k"]
    factors = [("input", input, left), ("other", other, right)]
    return sum_of_terms(contraction(factors, dict(enumerate(at.index))), formula="Σ input·other")


def outer(at: At, input: torch.Tensor, vec2: torch.Tensor) -> Expansion:  # noqa: A002 - PyTorch's name
    """Work out one number of `outer` (`ger`).

    Args:
        at: Which number.
        input: I.
        vec2: J.

    Returns:
        One product.
    """
    row, column = at.index
    terms = contraction([("input", input, ["i"]), ("vec2", vec2, ["j"])], {"i": row, "j": column})
    return sum_of_terms(terms, formula="input·vec2")


def kron(at: At, input: torch.Tensor, other: torch.Tensor) -> Expansion:  # noqa: A002 - PyTorch's name
    """Work out one number of `kron`: every number of one tensor times the whole other.

    Args:
        at: Which number.
        input: Any shape.
        other: Any shape.

    Returns:
        One product.
    """
    axes = len(at.index)
    sides = [1] * (axes - other.dim()) + list(other.shape)
    parts = [divmod(place, side) for place, side in zip(at.index, sides, strict=True)]
    left = number_at("input", input, tuple(i for i, _ in parts[axes - input.dim() :]))
    right = number_at("other", other, tuple(j for _, j in parts[axes - other.dim() :]))
    return sum_of_terms([Term((left, right), left.value * right.value)], formula="input·other")


def bilinear(
    at: At,
    input1: torch.Tensor,
    input2: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
) -> Expansion:
    """Work out one number of `bilinear`.

    Args:
        at: Which number.
        input1: …×I.
        input2: …×J.
        weight: O×I×J.
        bias: O, or None.

    Returns:
        The sum over both inputs, plus the bias.
    """
    *before, output = at.index
    labels: Labels = list(range(len(before)))
    factors = [
        ("input1", input1, [*labels, "i"]),
        ("weight", weight, ["output", "i", "j"]),
        ("input2", input2, [*labels, "j"]),
    ]
    terms = contraction(factors, {**dict(enumerate(before)), "output": output})
    if bias is None:
        return sum_of_terms(terms, formula="Σ input1·weight·input2")
    number = number_at("bias", bias, (output,))
    return sum_of_terms([*terms, Term((number,), number.value)], formula="Σ input1·weight·input2 + bias")


def addmm(
    at: At,
    input: torch.Tensor,  # noqa: A002 - PyTorch's name
    mat1: torch.Tensor,
    mat2: torch.Tensor,
    *,
    beta: float = 1,
    alpha: float = 1,
) -> Expansion:
    """Work out one number of `addmm`.

    Args:
        at: Which number.
        input: What is added, broadcast to I×J.
        mat1: I×K.
        mat2: K×J.
        beta: Times what is added.
        alpha: Times the product.

    Returns:
        A row times a column, plus a number.
    """
    left, right = ("mat1", mat1, ["i", "k"]), ("mat2", mat2, ["k", "j"])
    return _added(at, ["i", "j"], input, left, right, beta, alpha)


def addmv(
    at: At,
    input: torch.Tensor,  # noqa: A002 - PyTorch's name
    mat: torch.Tensor,
    vec: torch.Tensor,
    *,
    beta: float = 1,
    alpha: float = 1,
) -> Expansion:
    """Work out one number of `addmv`.

    Args:
        at: Which number.
        input: What is added, broadcast to I.
        mat: I×K.
        vec: K.
        beta: Times what is added.
        alpha: Times the product.

    Returns:
        A row times the vector, plus a number.
    """
    return _added(at, ["i"], input, ("mat", mat, ["i", "k"]), ("vec", vec, ["k"]), beta, alpha)


def addr(
    at: At,
    input: torch.Tensor,  # noqa: A002 - PyTorch's name
    vec1: torch.Tensor,
    vec2: torch.Tensor,
    *,
    beta: float = 1,
    alpha: float = 1,
) -> Expansion:
    """Work out one number of `addr`.

    Args:
        at: Which number.
        input: What is added, broadcast to I×J.
        vec1: I.
        vec2: J.
        beta: Times what is added.
        alpha: Times the product.

    Returns:
        A product, plus a number.
    """
    return _added(at, ["i", "j"], input, ("vec1", vec1, ["i"]), ("vec2", vec2, ["j"]), beta, alpha)


def baddbmm(
    at: At,
    input: torch.Tensor,  # noqa: A002 - PyTorch's name
    batch1: torch.Tensor,
    batch2: torch.Tensor,
    *,
    beta: float = 1,
    alpha: float = 1,
) -> Expansion:
    """Work out one number of `baddbmm`.

    Args:
        at: Which number.
        input: What is added, broadcast to B×I×J.
        batch1: B×I×K.
        batch2: B×K×J.
        beta: Times what is added.
        alpha: Times the products.

    Returns:
        A row times a column, plus a number.
    """
    left, right = ("batch1", batch1, ["b", "i", "k"]), ("batch2", batch2, ["b", "k", "j"])
    return _added(at, ["b", "i", "j"], input, left, right, beta, alpha)


def addbmm(
    at: At,
    input: torch.Tensor,  # noqa: A002 - PyTorch's name
    batch1: torch.Tensor,
    batch2: torch.Tensor,
    *,
    beta: float = 1,
    alpha: float = 1,
) -> Expansion:
    """Work out one number of `addbmm`: the products of a batch are added up.

    Args:
        at: Which number.
        input: What is added, broadcast to I×J.
        batch1: B×I×K.
        batch2: B×K×J.
        beta: Times what is added.
        alpha: Times the products.

    Returns:
        Rows times columns, plus a number.
    """
    left, right = ("batch1", batch1, ["b", "i", "k"]), ("batch2", batch2, ["b", "k", "j"])
    return _added(at, ["i", "j"], input, left, right, beta, alpha)


def tensordot(
    at: At,
    a: torch.Tensor,
    b: torch.Tensor,
    dims: int | Sequence[Sequence[int]] = 2,
    out: None = None,  # where PyTorch puts it changes no number
) -> Expansion:
    """Work out one number of `tensordot`.

    Args:
        at: Which number.
        a: A tensor.
        b: A tensor.
        dims: How many axes are summed, or which ones of each.
        out: Not used.

    Returns:
        The sum over these axes.
    """
    if isinstance(dims, int):
        dims = (range(a.dim() - dims, a.dim()), range(dims))
    elif not isinstance(dims, list | tuple):
        raise UnexpandedError("tensordot", "its dims are a tensor")
    summed_a, summed_b = (
        [axis % tensor.dim() for axis in axes] for tensor, axes in zip((a, b), dims, strict=True)
    )
    shared = {
        **{("a", i): k for k, i in enumerate(summed_a)},
        **{("b", j): k for k, j in enumerate(summed_b)},
    }
    names_a: Labels = [shared.get(("a", axis), ("a", axis)) for axis in range(a.dim())]
    names_b: Labels = [shared.get(("b", axis), ("b", axis)) for axis in range(b.dim())]
    free = [label for label in (*names_a, *names_b) if isinstance(label, tuple)]
    terms = contraction([("a", a, names_a), ("b", b, names_b)], dict(zip(free, at.index, strict=True)))
    return sum_of_terms(terms, formula="Σ a·b")


def einsum(at: At, equation: str, *operands: torch.Tensor | Sequence[torch.Tensor]) -> Expansion:
    """Work out one number of `einsum`, of any equation.

    Args:
        at: Which number.
        equation: Letters for the axes, such as `bchw,oc->bohw`; `...` for any further ones.
        operands: The tensors, or one list of them.

    Returns:
        The sum over the letters that are not in the result.
    """
    in_list = len(operands) == 1 and isinstance(operands[0], list | tuple)
    tensors: Sequence[torch.Tensor] = operands[0] if in_list else operands  # pyright: ignore[reportAssignmentType]
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
    return sum_of_terms(terms, formula=formula, kind="sum" if len(names) == 1 else "sum_of_products")


def _labels(letters: str, axes: int) -> Labels:
    """Name the axes of one operand: by letters, and those of an ellipsis by −1, −2, … from the end."""
    before, _, after = letters.partition("...")
    num_hidden = axes - len(before) - len(after)
    return [*before, *range(-num_hidden, 0), *after]


def _matrix_product(
    index: Index, left: tuple[str, torch.Tensor], right: tuple[str, torch.Tensor]
) -> Expansion:
    (left_name, a), (right_name, b) = left, right
    num_batch = max(a.dim() - 2, b.dim() - 2, 0)
    result: Labels = [*range(num_batch), *(["i"] if a.dim() > 1 else []), *(["j"] if b.dim() > 1 else [])]
    a_labels: Labels = [
        *range(num_batch - max(a.dim() - 2, 0), num_batch),
        *(["i"] if a.dim() > 1 else []),
        "k",
    ]
    b_labels: Labels = [
        *range(num_batch - max(b.dim() - 2, 0), num_batch),
        "k",
        *(["j"] if b.dim() > 1 else []),
    ]
    fixed = dict(zip(result, index, strict=True))
    terms = contraction([(left_name, a, a_labels), (right_name, b, b_labels)], fixed)
    return sum_of_terms(terms, formula=f"Σ {left_name}·{right_name}")


def _added(
    at: At, result: Labels, added: torch.Tensor, left: Factor, right: Factor, beta: float, alpha: float
) -> Expansion:
    fixed = dict(zip(result, at.index, strict=True))
    scale = None if alpha == 1 else Number("alpha", None, float(alpha))
    terms = contraction([left, right], fixed, scale)
    summed = set(left[2]) - set(result)
    formula = ("alpha·" if scale else "") + ("Σ " if summed else "") + f"{left[0]}·{right[0]}"
    if beta == 0:  # then PyTorch does not read what is added
        return sum_of_terms(terms, formula=formula)
    last = at.index[len(at.index) - added.dim() :]
    place = tuple(0 if side == 1 else i for i, side in zip(last, added.shape, strict=True))
    number = number_at("input", added, place)
    numbers = (number,) if beta == 1 else (Number("beta", None, float(beta)), number)
    terms.append(Term(numbers, math.prod(n.value for n in numbers)))
    return sum_of_terms(terms, formula=f"{formula} + {'' if beta == 1 else 'beta·'}input")
