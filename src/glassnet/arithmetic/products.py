"""Products of matrices: linear layers, `matmul` and its kin."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from glassnet.arithmetic.contraction import contraction
from glassnet.arithmetic.expansion import Number, Term
from glassnet.arithmetic.gather import number_at, sum_of_terms

if TYPE_CHECKING:
    import torch

    from glassnet.arithmetic.contraction import Factor, Labels
    from glassnet.arithmetic.expansion import At, Expansion, Index


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
