"""Normalisations: a number less a mean, over a deviation, times a weight, plus a bias."""
# ruff: noqa: A002 - arguments are named as those of PyTorch

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import torch

from glassnet.arithmetic.elements import Along, gather, lane, number
from glassnet.arithmetic.expansion import Expansion, Number, Term
from glassnet.arithmetic.numbers import factor, joined, short, written
from glassnet.arithmetic.terms import added, renamed, terms_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from glassnet.arithmetic.elements import Gathered
    from glassnet.arithmetic.expansion import At, Index

SWAPPED = {"running_mean": "weight", "running_var": "bias", "weight": "running_mean", "bias": "running_var"}


class Moments(NamedTuple):
    """Mean and variance, as numbers that are read or taken over some of the input."""

    mean: Number
    variance: Number
    facts: dict[str, float | int | str]


def _taken(input: Tensor, dims: Sequence[int], place: Index, channels: slice | None = None) -> Moments:
    """Take mean and variance (divided by n) along some dimensions, perhaps of some channels only."""
    of_these = input if channels is None else input[:, channels]
    within = place if channels is None else (place[0], 0, *place[2:])
    values = lane("input", of_these, dims, within).values
    center = float(values.mean())
    variance = float(((values - center) ** 2).mean())
    facts: dict[str, float | int | str] = {
        "mean": center,
        "variance": variance,
        "count": len(values),
        "over": _over(dims, place, channels),
    }
    return Moments(Number("mean", None, center), Number("variance", None, variance), facts)


def _stored(mean: Tensor, variance: Tensor, channel: int) -> Moments:
    """Read mean and variance that training has left."""
    one, two = number("running_mean", mean, (channel,)), number("running_var", variance, (channel,))
    return Moments(one, two, {"mean": one.value, "variance": two.value})


def _over(dims: Sequence[int], place: Index, channels: slice | None = None) -> str:
    """Write which part of the input was taken: `input[:, 3, :, :]`."""
    texts = [":" if dim in dims else str(i) for dim, i in enumerate(place)]
    if channels is not None:
        texts[1] = f"{channels.start}:{channels.stop}"
    return f"input[{', '.join(texts)}]"


def _normalised(
    at: At,
    input: Tensor,
    moments: Moments,
    eps: float,
    weight: Tensor | None,
    bias: Tensor | None,
    place: Index,
) -> Expansion:
    """Expand (input − mean)/√(variance + eps)·weight + bias; `place` is that of weight and bias."""
    x, gain = number("input", input, at.index), None if weight is None else number("weight", weight, place)
    shift = None if bias is None else number("bias", bias, place)
    mean, variance, facts = moments
    formula = f"(input − {mean.operand})/√({variance.operand} + eps)"
    formula += "·weight" * (gain is not None) + " + bias" * (shift is not None)
    inverse = variance.value + eps
    scaled = (x.value - mean.value) / math.sqrt(inverse) if inverse > 0 else math.nan
    used = (x, mean, variance, Number("eps", None, eps), *((gain,) if gain else ()))
    terms = (Term(used, scaled * (gain.value if gain else 1.0)), *added(shift))
    return Expansion(
        kind="normalisation",
        formula=formula,
        worked=written(formula, {n.operand: n.value for term in terms for n in term.numbers}),
        terms=terms,
        value=sum(term.value for term in terms),
        facts={**facts, "eps": eps},
    )


def _batch_norm(
    at: At,
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
    cudnn_enabled: bool | None = None,
) -> Expansion:
    """Expand `batch_norm` (Ioffe and Szegedy 2015): mean and variance of the channel, here or stored."""
    four, dims = (running_mean, running_var, weight, bias), [0, *range(2, input.ndim)]
    return _of_channel(at, input, four, training, eps, dims, cudnn_enabled)


def _instance_norm(
    at: At,
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
    cudnn_enabled: bool | None = None,
) -> Expansion:
    """Expand `instance_norm` (Ulyanov et al. 2016): mean and variance of one channel of one sample."""
    four, dims = (running_mean, running_var, weight, bias), range(2, input.ndim)
    return _of_channel(at, input, four, use_input_stats, eps, dims, cudnn_enabled)


def _of_channel(
    at: At,
    input: Tensor,
    four: tuple[Tensor | None, Tensor | None, Tensor | None, Tensor | None],
    fresh: bool,
    eps: float,
    dims: Sequence[int],
    cudnn_enabled: bool | None,
) -> Expansion:
    """Expand a norm of channels; `torch.batch_norm` has one argument more than `F`'s, and another order."""
    own_order = cudnn_enabled is not None
    running_mean, running_var, weight, bias = (*four[2:], *four[:2]) if own_order else four
    channel = at.index[1]
    if fresh or running_mean is None or running_var is None:
        moments = _taken(input, dims, at.index)
    else:
        moments = _stored(running_mean, running_var, channel)
    done = _normalised(at, input, moments, eps, weight, bias, (channel,))
    return renamed(done, SWAPPED) if own_order else done


def _layer_norm(
    at: At,
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Expansion:
    """Expand `layer_norm` (Ba et al. 2016): mean and variance over the last dimensions."""
    first = input.ndim - len(normalized_shape)
    moments = _taken(input, range(first, input.ndim), at.index)
    return _normalised(at, input, moments, eps, weight, bias, at.index[first:])


def _group_norm(
    at: At,
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Expansion:
    """Expand `group_norm` (Wu and He 2018): mean and variance over a group of channels of one sample."""
    size = input.shape[1] // num_groups
    first = at.index[1] // size * size
    moments = _taken(input, range(1, input.ndim), at.index, slice(first, first + size))
    return _normalised(at, input, moments, eps, weight, bias, (at.index[1],))


def _rms_norm(
    at: At,
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Expansion:
    """Expand `rms_norm` (Zhang and Sennrich 2019): over the root of the mean square, no mean taken off."""
    first = input.ndim - len(normalized_shape)
    dims = range(first, input.ndim)
    values = lane("input", input, dims, at.index).values
    square = float((values**2).mean())
    if eps is None:  # what torch adds then: that of the type it computes in
        eps = torch.finfo(
            torch.float32 if input.dtype in {torch.float16, torch.bfloat16} else input.dtype
        ).eps
    x = number("input", input, at.index)
    gain = () if weight is None else (number("weight", weight, at.index[first:]),)
    formula = "input/√(mean_square + eps)" + "·weight" * len(gain)
    used = (x, Number("mean_square", None, square), Number("eps", None, eps), *gain)
    inverse = square + eps
    value = math.prod((x.value / math.sqrt(inverse), *(n.value for n in gain))) if inverse > 0 else math.nan
    return Expansion(
        kind="normalisation",
        formula=formula,
        worked=written(formula, {n.operand: n.value for n in used}),
        terms=(Term(used, value),),
        value=value,
        facts={"mean_square": square, "count": len(values), "over": _over(dims, at.index), "eps": eps},
    )


def _local_response_norm(
    at: At, input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Expansion:
    """Expand `local_response_norm` (Krizhevsky et al. 2012): over the squares of the channels around."""
    first = at.index[1] - size // 2
    around = slice(max(first, 0), first + size)
    values = lane("input", input[:, around], [1], (at.index[0], 0, *at.index[2:])).values
    x, total = number("input", input, at.index), float((values**2).sum())
    value = x.value / (k + alpha * total / size) ** beta
    squares = joined(values.tolist(), lambda v: f"{factor(v)}²")
    return Expansion(
        kind="normalisation",
        formula="input/(k + alpha·Σ input²/size)^beta",
        worked=f"{short(x.value)}/({short(k)} + {short(alpha)}·({squares})/{size})^{short(beta)}",
        terms=(Term((x,), value),),
        value=value,
        facts={
            "squares": total,
            "over": _over([], at.index, slice(around.start, around.start + len(values))),
            "size": size,
            "padded": size - len(values),
            "alpha": alpha,
            "beta": beta,
            "k": k,
        },
    )


def _normalize(
    at: At, input: Tensor, p: float = 2.0, dim: int | Sequence[int] = 1, eps: float = 1e-12
) -> Expansion:
    """Expand `F.normalize`: over the norm along a dimension, or over eps where the norm is smaller."""
    dims = [d % input.ndim for d in ((dim,) if isinstance(dim, int) else dim)]
    sizes = lane("input", input, dims, at.index).values.abs()
    norm = float(sizes.max() if math.isinf(p) else (sizes**p).sum() ** (1 / p))
    x = number("input", input, at.index)
    length = {2.0: "√(Σ input²)", 1.0: "Σ |input|", math.inf: "max(|input|)"}.get(
        float(p), "(Σ |input|^p)^(1/p)"
    )
    value = x.value / max(norm, eps)
    return Expansion(
        kind="normalisation",
        formula=f"input/max({length}, eps)",
        worked=f"{short(x.value)}/max({short(norm)}, {short(eps)})",
        terms=(Term((x, Number("norm", None, norm), Number("eps", None, eps)), value),),
        value=value,
        facts={"norm": norm, "p": float(p), "count": len(sizes), "over": _over(dims, at.index), "eps": eps},
    )


def _cosine_similarity(at: At, x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Expansion:
    """Expand `cosine_similarity`: products over both norms, each at least eps; its terms add up to it."""
    shape = torch.broadcast_shapes(x1.shape, x2.shape)
    dim %= len(shape)
    place = (*at.index[:dim], 0, *at.index[dim:])
    a, b = (_along(name, x, shape, dim, place) for name, x in (("x1", x1), ("x2", x2)))
    norms = [max(float((v.values**2).sum()) ** 0.5, eps) for v in (a, b)]
    parts = a.values * b.values / (norms[0] * norms[1])
    pairs = list(zip(a.values.tolist(), b.values.tolist(), strict=True))
    products = joined(pairs, lambda pair: f"{factor(pair[0])}·{factor(pair[1])}")
    return Expansion(
        kind="sum_of_products",
        formula="Σ x1·x2/(max(‖x1‖, eps)·max(‖x2‖, eps))",
        worked=f"({products})/({short(norms[0])}·{short(norms[1])})",
        terms=terms_of([a, b], parts),
        value=float(parts.sum()),
        facts={"norm_x1": norms[0], "norm_x2": norms[1], "count": len(pairs), "eps": eps},
    )


def _along(operand: str, x: Tensor, shape: Sequence[int], dim: int, place: Index) -> Gathered:
    """Read a lane of a tensor as it is when broadcast to a shape."""
    first, count = len(shape) - x.ndim, shape[dim]
    axes = [
        Along(0, [0] * count if side == 1 else range(count)) if d == dim else 0 if side == 1 else place[d]
        for d, side in enumerate(x.shape, start=first)
    ]
    return gather(operand, x, axes, [count])


RULES = {
    "batch_norm": _batch_norm,
    "instance_norm": _instance_norm,
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "rms_norm": _rms_norm,
    "local_response_norm": _local_response_norm,
    "normalize": _normalize,
    "cosine_similarity": _cosine_similarity,
}
