"""Embeddings: rows of a table, copied or put together."""
# ruff: noqa: A001, A002 - arguments are named as those of PyTorch

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from glassnet.arithmetic.elements import doubles, number, read
from glassnet.arithmetic.expansion import Expansion, Number, Term
from glassnet.arithmetic.numbers import factor, joined, short
from glassnet.arithmetic.unexpanded import UnexpandedError

if TYPE_CHECKING:
    from glassnet.arithmetic.expansion import At


def embedding(
    at: At,
    input: torch.Tensor,
    weight: torch.Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Expansion:
    """Expand `embedding`: a number of the row that the index names; `max_norm` shortens it."""
    if not isinstance(input, torch.Tensor) or input.is_floating_point():
        input, weight = weight, input  # torch.embedding(weight, indices)
    which = number("input", input, at.index[:-1])
    row = int(which.value)
    taken = number("weight", weight, (row, at.index[-1]))
    scale = 1.0
    if max_norm is not None:
        norm = float(torch.linalg.vector_norm(doubles(weight[row]), norm_type))
        scale = max_norm / (norm + 1e-7) if norm > max_norm else 1.0  # 1e-7 as torch
    value = taken.value * scale
    return Expansion(
        kind="copy",
        formula="weight[input]" if scale == 1 else "weight[input]·max_norm/norm",
        worked=f"weight[{row}, {at.index[-1]}] = {short(taken.value)}" + f"·{short(scale)}" * (scale != 1),
        terms=(Term((taken, which), value),),
        value=value,
        facts={"row": row},
    )


def embedding_bag(
    at: At,
    input: torch.Tensor,
    weight: torch.Tensor,
    offsets: torch.Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: torch.Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Expansion:
    """Expand `embedding_bag`: sum, mean or largest of the rows of one bag."""
    if max_norm is not None:
        raise UnexpandedError("embedding_bag", "rows shortened to max_norm")
    bag, column = at.index
    if input.ndim > 1:
        places = [(bag, i) for i in range(input.shape[1])]
    else:
        if offsets is None:
            raise UnexpandedError("embedding_bag", "one-dimensional indices without offsets")
        start = int(read(offsets, (bag,)))
        end = int(read(offsets, (bag + 1,))) if bag + 1 < len(offsets) else len(input)
        places = [(i,) for i in range(start, end)]
    unseen = None if padding_idx is None else padding_idx % weight.shape[0]
    chosen = [place for place in places if int(read(input, place)) != unseen]
    rows = [number("weight", weight, (int(read(input, place)), column)) for place in chosen]
    gains = [1.0 if per_sample_weights is None else read(per_sample_weights, place) for place in chosen]
    divisor = max(len(rows), 1) if mode == "mean" else 1
    parts = [row.value * gain / divisor for row, gain in zip(rows, gains, strict=True)]
    texts = [factor(row.value) for row in rows]
    if per_sample_weights is not None:
        texts = [f"{text}·{factor(gain)}" for text, gain in zip(texts, gains, strict=True)]
    terms = [
        Term(
            (row, *([Number("per_sample_weights", place, gain)] if per_sample_weights is not None else [])),
            part,
        )
        for row, place, gain, part in zip(rows, chosen, gains, parts, strict=True)
    ]
    if mode == "max":
        formula, worked, value = "max(weight[input])", f"max({joined(texts, ', ')})", max(parts, default=0.0)
    else:
        formula = "Σ weight[input]" + "·per_sample_weights" * (per_sample_weights is not None)
        worked, value = joined(texts) or "0", sum(parts)
        formula, worked = (
            (f"{formula}/count", f"({worked})/{divisor}") if mode == "mean" else (formula, worked)
        )
    return Expansion(
        kind={"max": "maximum"}.get(mode, mode),
        formula=formula,
        worked=worked,
        terms=tuple(terms),
        value=value,
        facts={"count": len(rows), "bag": bag},
    )
