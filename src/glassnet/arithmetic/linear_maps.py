"""Operations that are linear in their input: interpolation, sampling, folding.

The coefficients are not written down again here: the operation is done again in float64 on zeros, and the
derivative of the one number in question is taken. For a linear operation these are its exact coefficients.
"""
# ruff: noqa: A002 - arguments are named as those of PyTorch

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody knows

from glassnet.arithmetic.call import Replay
from glassnet.arithmetic.copies import unravelled
from glassnet.arithmetic.elements import Along, gather, number
from glassnet.arithmetic.expansion import Number, Term
from glassnet.arithmetic.terms import copy_of, sum_of
from glassnet.arithmetic.unexpanded import UnexpandedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from glassnet.arithmetic.call import Call
    from glassnet.arithmetic.expansion import At, Expansion, Index

# operand, tensor, where a piece of it begins, coefficients of its numbers
Part = tuple[str, "Tensor", "Index", "Tensor"]


def _linear_map(at: At, call: Call) -> Expansion:
    """Expand an operation that is linear in all that it reads."""
    leaves: list[tuple[str, Tensor, Tensor]] = []

    def zeros(operand: str, content: Any) -> Any:
        if not isinstance(content, torch.Tensor):
            return content
        leaf = torch.zeros(content.shape, dtype=torch.float64, requires_grad=True)
        leaves.append((operand, content, leaf))
        return leaf.clone()  # it may be written into

    with torch.inference_mode(mode=False), torch.enable_grad():
        element = call.results(at, zeros)[at.index]
        coefficients = _derivatives(element, [leaf for _, _, leaf in leaves])
    parts = [
        (operand, tensor, (0,) * tensor.dim(), found)
        for (operand, tensor, _), found in zip(leaves, coefficients, strict=True)
    ]
    return _weighted(at, parts)


def _interpolate(
    at: At,
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Expansion:
    """Expand `interpolate` (`Upsample`), in any mode."""
    if not input.is_floating_point() and not mode.startswith("nearest"):
        raise UnexpandedError("interpolate", "whole numbers are rounded on the way")
    size = size if size is None or isinstance(size, int) else tuple(map(int, size))

    def run(plane: Tensor) -> Tensor:
        return F.interpolate(
            plane, size, scale_factor, mode, align_corners, recompute_scale_factor, antialias
        )  # pyright: ignore[reportCallIssue]

    if mode.startswith("nearest"):  # PyTorch's derivative may choose another number than the operation does
        side = input.shape[2:]
        code = run(torch.arange(math.prod(side), dtype=torch.float64).reshape(1, 1, *side))[0, 0][
            at.index[2:]
        ]
        return copy_of(at, number("input", input, (*at.index[:2], *unravelled(int(code), side))))
    return _in_one_plane(at, input, run, (0, 0, *at.index[2:]))


def _grid_sample(
    at: At,
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Expansion:
    """Expand `grid_sample` as a function of its input; where it looks is in the facts `x`, `y` (and `z`)."""
    sample, _, *place = at.index
    point = grid[(sample, *place)].detach().cpu()
    there = point.reshape(1, *[1] * len(place), len(place))
    if mode != "nearest":  # which of two numbers is nearer is decided as PyTorch decided it
        there = there.double()

    def run(plane: Tensor) -> Tensor:
        return F.grid_sample(plane.to(there.dtype), there, mode, padding_mode, bool(align_corners))

    facts = dict(zip("xyz", point.double().tolist(), strict=False))
    return _in_one_plane(at, input, run, (0, 0, *[0] * len(place)), facts)


def _in_one_plane(
    at: At,
    tensor: Tensor,
    run: Callable[[Tensor], Tensor],
    index: Index,
    facts: dict[str, float] | None = None,
) -> Expansion:
    """Work out a number of an operation that does the same to each channel of each sample."""
    sample, channel = at.index[:2]
    with torch.inference_mode(mode=False), torch.enable_grad():
        leaf = torch.zeros((1, 1, *tensor.shape[2:]), dtype=torch.float64, requires_grad=True)
        coefficients = _derivatives(run(leaf)[index], [leaf])
    corner = (sample, channel, *[0] * (tensor.dim() - 2))
    return _weighted(at, [("input", tensor, corner, coefficients[0])], facts)


def _derivatives(element: Tensor, leaves: Sequence[Tensor]) -> list[Tensor]:
    if not element.requires_grad:
        return [torch.zeros_like(leaf) for leaf in leaves]
    try:
        found = torch.autograd.grad(element, leaves, allow_unused=True)
    except RuntimeError as error:
        raise UnexpandedError(
            "a derivative", f"PyTorch cannot take it: {str(error).splitlines()[0]}"
        ) from error
    return [torch.zeros_like(leaf) if d is None else d for leaf, d in zip(leaves, found, strict=True)]


def _weighted(at: At, parts: Sequence[Part], facts: dict[str, float] | None = None) -> Expansion:
    """Sum coefficient times number over the coefficients that are not zero."""
    terms: list[Term] = []
    for operand, tensor, corner, coefficients in parts:
        places = coefficients.nonzero()
        columns = (places + torch.tensor(corner, dtype=torch.long)).T.tolist()
        axes = [Along(0, column) for column in columns]
        numbers = gather(operand, tensor, axes, [len(places)]).numbers()
        weights = coefficients[tuple(places.T)].tolist()
        for weight, own in zip(weights, numbers, strict=True):
            factors = (own,) if weight == 1 else (Number("coefficient", None, weight), own)
            terms.append(Term(factors, weight * own.value))
    if len(terms) == 1 and len(terms[0].numbers) == 1:
        return copy_of(at, terms[0].numbers[0])
    plain = all(len(term.numbers) == 1 for term in terms)
    names = list(dict.fromkeys(operand for operand, *_ in parts))
    formula = " + ".join(f"Σ {name}" if plain else f"Σ coefficient·{name}" for name in names)
    return sum_of(terms, formula, "sum" if plain else "sum_of_products", facts)


RULES = {
    "interpolate": _interpolate,
    "grid_sample": _grid_sample,
    "fold": Replay(_linear_map),
    "affine_grid": Replay(_linear_map, ("theta",), ("theta",)),
    "index_add": Replay(_linear_map, ("input", "dim", "index", "source"), ("input", "source")),
    "scatter_add": Replay(_linear_map, ("input", "dim", "index", "src"), ("input", "src")),
}
