"""Attention (Vaswani et al. 2017): weights from queries and keys, then a weighted sum of the values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import torch

from glassnet.arithmetic.elements import broadcast, doubles, number
from glassnet.arithmetic.expansion import Expansion, Number, Term
from glassnet.arithmetic.numbers import joined
from glassnet.arithmetic.softmax import exponential
from glassnet.arithmetic.terms import added, product_text, sum_of, total
from glassnet.arithmetic.unexpanded import UnexpandedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from glassnet.arithmetic.expansion import At, Index

DROPPED = "its weights are dropped at random inside it and cannot be seen"


def _shares(scores: Tensor) -> Tensor:
    """Softmax of one row of scores; a row that is masked from end to end gives zeros, as in torch."""
    highest = scores.max()
    if highest == -math.inf:
        return torch.zeros_like(scores)
    exponentials = torch.exp(scores - highest)
    return exponentials / exponentials.sum()


def _masked(scores: Tensor, mask: Tensor, hidden: bool) -> Tensor:
    """Add a mask of numbers, or hide what a mask of truths names (`hidden`: the truth that hides)."""
    if mask.dtype == torch.bool:
        return scores.masked_fill(mask.cpu() if hidden else ~mask.cpu(), -math.inf)
    return scores + doubles(mask)


def _scaled_dot_product_attention(
    at: At,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Expansion:
    """Expand `scaled_dot_product_attention`: Σ weight·value, the weights a softmax of query·key.

    `query` is …×L×E, `key` …×S×E, `value` …×S×V; there is a term for every key.
    """
    if dropout_p:
        raise UnexpandedError("scaled_dot_product_attention", DROPPED)
    *outer, row, column = at.index

    def batch(x: Tensor) -> Index:
        place = list(outer)
        if enable_gqa:
            place[-1] //= query.shape[-3] // x.shape[-3]
        return broadcast(tuple(place), x.shape[:-2])

    q = doubles(query[batch(query)][row])
    keys = doubles(key[batch(key)])
    values = doubles(value[batch(value)][:, column])
    factor_ = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = keys @ q * factor_
    if is_causal:
        scores[row + 1 :] = -math.inf
    if attn_mask is not None:
        rows = attn_mask.expand(*[1] * (len(outer) + 2 - attn_mask.ndim), *attn_mask.shape)
        rows = rows.detach()[broadcast((*outer, row), rows.shape[:-1])]
        scores = _masked(scores, rows, hidden=False)
    weights = _shares(scores)
    where = batch(value)
    numbers = [Number("value", (*where, j, column), v) for j, v in enumerate(values.tolist())]
    return _weighted(
        weights.tolist(), numbers, {"scale": factor_, "masked": int((scores == -math.inf).sum())}
    )


def _weighted(
    weights: Sequence[float], values: Sequence[Number], facts: dict[str, float | int | str]
) -> Expansion:
    terms = tuple(
        Term((Number("weight", None, w), v), w * v.value) for w, v in zip(weights, values, strict=True)
    )
    strongest = max(range(len(weights)), key=weights.__getitem__)
    return Expansion(
        kind="attention",
        formula="Σ softmax(query·key·scale)·value",
        worked=joined(terms, product_text),
        terms=terms,
        value=total([term.value for term in terms]),
        facts={**facts, "count": len(terms), "strongest": strongest, "strongest_weight": weights[strongest]},
    )


class Heads(NamedTuple):
    """One query's attention in every head: H×S scores, whose softmax weighs, and H×(E/H) values."""

    scores: Tensor
    values: Tensor


def _multi_head_attention_forward(
    at: At,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> Expansion:
    """Expand `multi_head_attention_forward`, which `nn.MultiheadAttention` calls.

    Output 0 (place of the query, sample, place in the embedding) is a sum over the numbers of all heads;
    output 1 (sample, head if they are not averaged, place of the query, of the key) are the weights.
    """
    name = "multi_head_attention_forward"
    if training and dropout_p:
        raise UnexpandedError(name, DROPPED)
    if static_k is not None or static_v is not None:
        raise UnexpandedError(name, "keys or values that were given ready made")
    batched = query.ndim == 3  # noqa: PLR2004 - L×N×E
    place = at.index if batched else (at.index[0], 0) if at.output == 0 else (0, *at.index)
    row, sample = place[:2] if at.output == 0 else (place[-2], place[0])
    if not batched:
        query, key, value = query[:, None], key[:, None], value[:, None]
        key_padding_mask = None if key_padding_mask is None else key_padding_mask[None]
    split = None if in_proj_weight is None else in_proj_weight.chunk(3)
    biases = (None, None, None) if in_proj_bias is None else in_proj_bias.chunk(3)
    matrices = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else split
    if matrices is None:
        raise UnexpandedError(name, "no weights for query, key and value")
    if is_causal and key_padding_mask is None and not need_weights:  # torch then looks at the flag alone
        attn_mask = torch.ones(query.shape[0], key.shape[0], dtype=torch.bool).triu(1)
    masks = _masks_of(row, sample, num_heads, attn_mask, key_padding_mask)
    inputs = (query[row, sample], key[:, sample], value[:, sample])
    worked = _heads(inputs, matrices, biases, num_heads, masks, (bias_k, bias_v), add_zero_attn)
    if at.output == 0:
        return _projected(worked, out_proj_weight, out_proj_bias, at.index[-1])
    if average_attn_weights:
        return _mean_weight(worked, at.index[-1])
    return _one_weight(worked.scores[at.index[-3]], at.index[-1])


def _masks_of(
    row: int,
    sample: int,
    num_heads: int,
    attn_mask: Tensor | None,
    key_padding_mask: Tensor | None,
) -> list[Tensor]:
    """Take from the masks what concerns one query: S, or H×S, numbers or truths each."""
    masks = []
    if attn_mask is not None:
        heads = slice(sample * num_heads, (sample + 1) * num_heads)
        masks.append(attn_mask[row] if attn_mask.ndim == 2 else attn_mask[heads, row])  # noqa: PLR2004 - L×S
    if key_padding_mask is not None:
        masks.append(key_padding_mask[sample])
    return masks


def _heads(
    inputs: tuple[Tensor, Tensor, Tensor],
    matrices: Sequence[Tensor | None],
    biases: Sequence[Tensor | None],
    num_heads: int,
    masks: Sequence[Tensor],
    further: tuple[Tensor | None, Tensor | None],
    zero: bool,
) -> Heads:
    """Work out one query's heads in float64.

    Key and value are not projected: (W·k)·q = k·(Wᵀ·q), and Σ w·(W·v) = W·(Σ w·v), which takes S times less.
    """
    query, keys, values = (doubles(x) for x in inputs)
    of_q, of_k, of_v = (doubles(m).unflatten(0, (num_heads, -1)) for m in matrices if m is not None)
    add_q, add_k, add_v = (
        torch.zeros(num_heads, of_q.shape[1], dtype=torch.float64)
        if b is None
        else doubles(b).view(num_heads, -1)
        for b in biases
    )
    q = (of_q @ query + add_q) / math.sqrt(of_q.shape[1])
    scores = torch.einsum("hde,hd->he", of_k, q) @ keys.T + (q * add_k).sum(1, keepdim=True)
    for mask in masks:
        scores = _masked(scores, mask.detach(), hidden=True)
    extra_values = torch.zeros(num_heads, 0, q.shape[1], dtype=torch.float64)
    if further[0] is not None and further[1] is not None:
        own = doubles(further[0]).view(num_heads, -1)
        scores = torch.cat([scores, (q * own).sum(1, keepdim=True)], 1)
        extra_values = torch.cat([extra_values, doubles(further[1]).view(num_heads, 1, -1)], 1)
    if zero:
        scores = torch.cat([scores, torch.zeros(num_heads, 1, dtype=torch.float64)], 1)
        extra_values = torch.cat(
            [extra_values, torch.zeros(num_heads, 1, q.shape[1], dtype=torch.float64)], 1
        )
    weights = torch.stack([_shares(row) for row in scores])
    seen = weights[:, : len(keys)]
    summed = torch.einsum("hde,he->hd", of_v, seen @ values) + seen.sum(1, keepdim=True) * add_v
    summed += torch.einsum("hs,hsd->hd", weights[:, len(keys) :], extra_values)
    return Heads(scores, summed)


def _projected(heads: Heads, weight: Tensor, bias: Tensor | None, column: int) -> Expansion:
    row, joint = doubles(weight[column]).tolist(), heads.values.flatten().tolist()
    terms = [
        Term((Number("heads", None, h), Number("out_proj_weight", (column, d), w)), h * w)
        for d, (h, w) in enumerate(zip(joint, row, strict=True))
    ]
    if bias is not None:
        terms += added(number("out_proj_bias", bias, (column,)))
    formula = "Σ heads·out_proj_weight" + " + out_proj_bias" * (bias is not None)
    return sum_of(terms, formula, facts={"num_heads": len(heads.values), "keys": heads.scores.shape[1]})


def _mean_weight(heads: Heads, key: int) -> Expansion:
    each = [float(_shares(scores)[key]) for scores in heads.scores]
    return Expansion(
        kind="mean",
        formula="Σ weight/num_heads",
        worked=f"({joined(each)})/{len(each)}",
        terms=tuple(Term((Number("weight", None, w),), w / len(each)) for w in each),
        value=total(each) / len(each),
        facts={"num_heads": len(each), "keys": heads.scores.shape[1]},
    )


def _one_weight(scores: Tensor, key: int) -> Expansion:
    each, shares = scores.tolist(), _shares(scores).tolist()
    return Expansion(
        kind="softmax",
        formula="exp(score)/Σ exp(score)",
        worked=f"{exponential(each[key])}/({joined(each, exponential)})",
        terms=tuple(Term((Number("score", None, x),), w) for x, w in zip(each, shares, strict=True)),
        value=shares[key],
        facts={"count": len(each), "place": key},
    )


RULES = {
    "scaled_dot_product_attention": _scaled_dot_product_attention,
    "multi_head_attention_forward": _multi_head_attention_forward,
}
