"""Numbers of classes: rows of a table, copied or put together, and one-hot vectors."""
# ruff: noqa: A002 - arguments are named as those of PyTorch

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from glassnet.arithmetic.elements import Along, doubles, gather, number, read
from glassnet.arithmetic.expansion import Expansion, Term
from glassnet.arithmetic.numbers import factor, short
from glassnet.arithmetic.reductions import extreme, mean_of
from glassnet.arithmetic.terms import copy_of, products, renamed, sum_of
from glassnet.arithmetic.unexpanded import UnexpandedError

if TYPE_CHECKING:
    from torch import Tensor

    from glassnet.arithmetic.expansion import At


def _embedding(
    at: At,
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Expansion:
    """Expand `embedding`: a number of the row that the index names; `max_norm` shortens it."""
    if input.is_floating_point():  # torch.embedding(weight, indices)
        done = _embedding(at, weight, input, padding_idx, max_norm, norm_type)
        return renamed(done, {"input": "weight", "weight": "input"})
    which = number("input", input, at.index[:-1])
    row = int(which.value)
    taken = number("weight", weight, (row, at.index[-1]))
    norm = 0.0 if max_norm is None else float(torch.linalg.vector_norm(doubles(weight[row]), norm_type))
    if max_norm is None or norm <= max_norm:
        return copy_of(at, taken, which, formula="weight[input]")
    scale = max_norm / (norm + 1e-7)  # 1e-7 as torch
    value = taken.value * scale
    return Expansion(
        kind="function",
        formula="weight[input]·max_norm/norm",
        worked=f"{factor(taken.value)}·{short(max_norm)}/{short(norm)}",
        terms=(Term((taken, which), value),),
        value=value,
        facts={"row": row, "norm": norm},
    )


def _embedding_bag(
    at: At,
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Expansion:
    """Expand `embedding_bag`: sum, mean or largest of the rows of one bag."""
    if max_norm is not None:
        raise UnexpandedError("embedding_bag", "rows shortened to max_norm")
    bag, column = at.index
    if input.ndim > 1:
        places = [(bag, i) for i in range(input.shape[1])]
    elif offsets is None:
        raise UnexpandedError("embedding_bag", "one-dimensional indices without offsets")
    else:
        start = int(read(offsets, (bag,)))
        end = int(read(offsets, (bag + 1,))) if bag + 1 < len(offsets) else len(input)
        places = [(i,) for i in range(start, end)]
    unseen = None if padding_idx is None else padding_idx % weight.shape[0]
    chosen = [(place, row) for place in places if (row := int(read(input, place))) != unseen]
    rows = gather("weight", weight, [Along(0, [row for _, row in chosen]), column], [len(chosen)])
    facts = {"bag": bag, "count": len(chosen)}
    if not chosen:
        return Expansion("constant", "0", "0", (), 0.0, facts)
    if mode == "max":
        return _in_rows(extreme(at, rows, "max", facts))
    if mode == "mean":
        return _in_rows(mean_of(rows, facts=facts))
    if per_sample_weights is None:
        return _in_rows(sum_of(products([rows]), "Σ input", "sum", facts))
    columns = [Along(0, list(places)) for places in zip(*(place for place, _ in chosen), strict=True)]
    gains = gather("per_sample_weights", per_sample_weights, columns, [len(chosen)])
    return sum_of(products([rows, gains]), "Σ weight[input]·per_sample_weights", facts=facts)


def _in_rows(done: Expansion) -> Expansion:
    """Name what was reduced: rows of the table."""
    return replace(done, formula=done.formula.replace("input", "weight[input]"))


def _one_hot(at: At, input: Tensor, num_classes: int = -1) -> Expansion:
    which = number("input", input, at.index[:-1])
    value = float(which.value == at.index[-1])
    worked = f"[{short(which.value)} = {at.index[-1]}]"
    return Expansion(
        "condition", "[input = class]", worked, (Term((which,), value),), value, {"class": at.index[-1]}
    )


RULES = {
    "embedding": _embedding,
    "embedding_bag": _embedding_bag,
    "one_hot": _one_hot,
}
