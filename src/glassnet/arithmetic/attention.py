"""Attention (Vaswani et al. 2017): weights from queries and keys, then a weighted sum of the values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import torch

from glassnet.arithmetic.elements import broadcast, doubles, number
from glassnet.arithmetic.expansion import Expansion, Number, Term
from glassnet.arithmetic.numbers import factor, joined, short, shown
from glassnet.arithmetic.unexpanded import UnexpandedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glassnet.arithmetic.expansion import At, Index

DROPPED = "its weights are dropped at random inside it and cannot be seen"


def _shares(scores: torch.Tensor) -> torch.Tensor:
    """Softmax of one row of scores; a row that is masked from end to end gives zeros, as in torch."""
    highest = scores.max()
    if highest == -math.inf:
        return torch.zeros_like(scores)
    exponentials = torch.exp(scores - highest)
    return exponentials / exponentials.sum()


def _masked(scores: torch.Tensor, mask: torch.Tensor, hidden: bool) -> torch.Tensor:
    """Add a mask of numbers, or hide what a mask of truths names (`hidden`: the truth that hides)."""
    if mask.dtype == torch.bool:
        return scores.masked_fill(mask.cpu() if hidden else ~mask.cpu(), -math.inf)
    return scores + doubles(mask)


def scaled_dot_product_attention(
    at: At,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attn_mask: torch.Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Expansion:
    """Expand `scaled_dot_product_attention`: Σ weight·value, the weights a softmax of query·key.

    Args:
        at: Which number: …, place of the query, place in the value.
        query: …×L×E.
        key: …×S×E.
        value: …×S×V.
        attn_mask: …×L×S, truths (True takes part) or numbers that are added to the scores.
        dropout_p: Share of the weights dropped.
        is_causal: A query sees no later keys.
        scale: Of query·key; 1/√E if not given.
        enable_gqa: Several heads of the query share one of key and value.

    Returns:
        A term for every key: its weight, and the number of its value.

    Raises:
        UnexpandedError: Weights were dropped.
    """
    if dropout_p:
        raise UnexpandedError("scaled_dot_product_attention", DROPPED)
    *outer, row, column = at.index

    def batch(x: torch.Tensor) -> Index:
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
        worked=joined(
            [f"{short(w)}·{factor(v.value)}" for w, v in shown(list(zip(weights, values, strict=True)))]
        ),
        terms=terms,
        value=math.fsum(term.value for term in terms),
        facts={**facts, "count": len(terms), "strongest": strongest, "strongest_weight": weights[strongest]},
    )


class Heads(NamedTuple):
    """One query's attention in every head: H×S weights, and H×(E/H) values."""

    weights: torch.Tensor
    values: torch.Tensor


def multi_head_attention_forward(
    at: At,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: torch.Tensor | None,
    in_proj_bias: torch.Tensor | None,
    bias_k: torch.Tensor | None,
    bias_v: torch.Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: torch.Tensor,
    out_proj_bias: torch.Tensor | None,
    training: bool = True,
    key_padding_mask: torch.Tensor | None = None,
    need_weights: bool = True,
    attn_mask: torch.Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: torch.Tensor | None = None,
    k_proj_weight: torch.Tensor | None = None,
    v_proj_weight: torch.Tensor | None = None,
    static_k: torch.Tensor | None = None,
    static_v: torch.Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> Expansion:
    """Expand `multi_head_attention_forward`, which `nn.MultiheadAttention` calls.

    Args:
        at: Which number: of the output (output 0: place of the query, sample, place in the embedding) or of
            the weights (output 1: sample, head if they are not averaged, place of the query, of the key).
        query: L×N×E, or L×E.
        key: S×N×E.
        value: S×N×E.
        embed_dim_to_check: E.
        num_heads: H; each has E/H of the numbers.
        in_proj_weight: 3E×E for query, key and value in turn; or the three are given apart.
        in_proj_bias: 3E.
        bias_k: A further key, 1×1×E.
        bias_v: Its value.
        add_zero_attn: A further key and value of zeros.
        dropout_p: Share of the weights dropped in training.
        out_proj_weight: E×E.
        out_proj_bias: E.
        training: Whether weights are dropped.
        key_padding_mask: N×S; True hides a key.
        need_weights: Whether the weights are an output.
        attn_mask: L×S or N·H×L×S; True hides, numbers are added to the scores.
        use_separate_proj_weight: Whether query, key and value have their own weights.
        q_proj_weight: E×E.
        k_proj_weight: E×(size of a key).
        v_proj_weight: E×(size of a value).
        static_k: Keys ready made.
        static_v: Values ready made.
        average_attn_weights: Whether the weights that come out are the mean over the heads.
        is_causal: Says that `attn_mask` is causal.

    Returns:
        For the output: its bias, and a term for every number of the heads times its weight. For the
        weights: softmax of one head, or the mean over the heads.

    Raises:
        UnexpandedError: Weights were dropped, or keys and values were given ready made.
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
    return _one_weight(worked.weights[at.index[-3]], at.index[-1])


def _masks_of(
    row: int,
    sample: int,
    num_heads: int,
    attn_mask: torch.Tensor | None,
    key_padding_mask: torch.Tensor | None,
) -> list[torch.Tensor]:
    """Take from the masks what concerns one query: S, or H×S, numbers or truths each."""
    masks = []
    if attn_mask is not None:
        heads = slice(sample * num_heads, (sample + 1) * num_heads)
        masks.append(attn_mask[row] if attn_mask.ndim == 2 else attn_mask[heads, row])  # noqa: PLR2004 - L×S
    if key_padding_mask is not None:
        masks.append(key_padding_mask[sample])
    return masks


def _heads(
    inputs: tuple[torch.Tensor, torch.Tensor, torch.Tensor],
    matrices: Sequence[torch.Tensor | None],
    biases: Sequence[torch.Tensor | None],
    num_heads: int,
    masks: Sequence[torch.Tensor],
    further: tuple[torch.Tensor | None, torch.Tensor | None],
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
    return Heads(weights, summed)


def _projected(heads: Heads, weight: torch.Tensor, bias: torch.Tensor | None, column: int) -> Expansion:
    row, joint = doubles(weight[column]).tolist(), heads.values.flatten().tolist()
    terms = [
        Term((Number("heads", None, h), Number("out_proj_weight", (column, d), w)), h * w)
        for d, (h, w) in enumerate(zip(joint, row, strict=True))
    ]
    worked = joined([f"{factor(h)}·{factor(w)}" for h, w in shown(list(zip(joint, row, strict=True)))])
    if bias is not None:
        own = number("out_proj_bias", bias, (column,))
        terms.append(Term((own,), own.value))
        worked += f" + {factor(own.value)}"
    return Expansion(
        kind="sum_of_products",
        formula="Σ heads·out_proj_weight" + " + out_proj_bias" * (bias is not None),
        worked=worked,
        terms=tuple(terms),
        value=math.fsum(term.value for term in terms),
        facts={"num_heads": len(heads.values), "keys": heads.weights.shape[1]},
    )


def _mean_weight(heads: Heads, key: int) -> Expansion:
    each = heads.weights[:, key].tolist()
    return Expansion(
        kind="mean",
        formula="Σ weight/num_heads",
        worked=f"({joined([short(w) for w in each])})/{len(each)}",
        terms=tuple(Term((Number("weight", None, w),), w / len(each)) for w in each),
        value=math.fsum(each) / len(each),
        facts={"num_heads": len(each), "keys": heads.weights.shape[1]},
    )


def _one_weight(weights: torch.Tensor, key: int) -> Expansion:
    each = weights.tolist()
    return Expansion(
        kind="softmax",
        formula="exp(score)/Σ exp(score)",
        worked=short(each[key]),
        terms=tuple(Term((Number("weight", None, w),), w) for w in each),
        value=each[key],
        facts={"count": len(each), "place": key},
    )
