"""Normalisations: a number less a mean, over a deviation, times a weight, plus a bias."""
# ruff: noqa: A002 - arguments are named as those of PyTorch

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import torch

from glassnet.arithmetic.elements import lane, number, read, renamed, terms_of
from glassnet.arithmetic.expansion import Expansion, Number, Term
from glassnet.arithmetic.numbers import factor, joined, short, shown, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glassnet.arithmetic.expansion import At, Index


SWAPPED = {  # torch.batch_norm takes weight and bias where F.batch_norm takes the running statistics
    "running_mean": "weight",
    "running_var": "bias",
    "weight": "running_mean",
    "bias": "running_var",
}


class Moments(NamedTuple):
    """Mean and variance, as numbers that are read or taken over some of the input."""

    mean: Number
    variance: Number
    facts: dict[str, float | int | str]


def _taken(numbers: torch.Tensor, over: str) -> Moments:
    """Take mean and variance (divided by n) over some numbers, in float64."""
    center = float(numbers.mean())
    variance = float(((numbers - center) ** 2).mean())
    facts: dict[str, float | int | str] = {
        "mean": center,
        "variance": variance,
        "count": numbers.numel(),
        "over": over,
    }
    return Moments(Number("mean", None, center), Number("variance", None, variance), facts)


def _stored(mean: torch.Tensor, variance: torch.Tensor, channel: int) -> Moments:
    """Read mean and variance that training has left."""
    one, two = number("running_mean", mean, (channel,)), number("running_var", variance, (channel,))
    return Moments(one, two, {"mean": one.value, "variance": two.value})


def _over(shape: Sequence[int], fixed: dict[int, int | slice]) -> str:
    """Write which part of the input was taken: `input[:, 3, :, :]`."""
    places = [fixed.get(d, slice(None)) for d in range(len(shape))]
    texts = [f"{p.start}:{p.stop}" if isinstance(p, slice) and p.stop else str(p) for p in places]
    return f"input[{', '.join(':' if 'slice' in text else text for text in texts)}]"


def _normalised(
    x: Number, moments: Moments, eps: float, weight: Number | None, bias: Number | None
) -> Expansion:
    mean, variance, facts = moments
    formula = f"(input − {mean.operand})/√({variance.operand} + eps)"
    formula += "·weight" * (weight is not None) + " + bias" * (bias is not None)
    inverse = variance.value + eps
    scaled = (x.value - mean.value) / math.sqrt(inverse) if inverse > 0 else math.nan
    used = (x, mean, variance, Number("eps", None, eps))
    if weight is not None:
        scaled *= weight.value
        used += (weight,)
    terms = (Term(used, scaled),) if bias is None else (Term(used, scaled), Term((bias,), bias.value))
    names = {n.operand: n.value for n in (*used, *((bias,) if bias else ()))}
    return Expansion(
        kind="normalisation",
        formula=formula,
        worked=written(formula, names),
        terms=terms,
        value=scaled + (bias.value if bias else 0.0),
        facts={**facts, "eps": eps},
    )


def _maybe(operand: str, x: torch.Tensor | None, place: Index) -> Number | None:
    return None if x is None else number(operand, x, place)


def batch_norm(
    at: At,
    input: torch.Tensor,
    running_mean: torch.Tensor | None,
    running_var: torch.Tensor | None,
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
    cudnn_enabled: bool | None = None,
) -> Expansion:
    """Expand `batch_norm` (Ioffe and Szegedy 2015).

    In training mean and variance are those of the channel in this batch, else those that were stored. The
    last argument is there only in `torch.batch_norm`, which takes weight and bias before them.
    """
    if cudnn_enabled is not None:
        done = batch_norm(at, input, weight, bias, running_mean, running_var, training, momentum, eps)
        return renamed(done, SWAPPED)
    channel = at.index[1]
    if training or running_mean is None or running_var is None:
        moments = _taken(lane_of_channel(input, at.index), _over(input.shape, {1: channel}))
    else:
        moments = _stored(running_mean, running_var, channel)
    x = number("input", input, at.index)
    own = (channel,)
    return _normalised(x, moments, eps, _maybe("weight", weight, own), _maybe("bias", bias, own))


def lane_of_channel(input: torch.Tensor, place: Index) -> torch.Tensor:
    """Read all numbers of a batch that lie in the channel of a place.

    Args:
        input: N×C×…
        place: An index in it.

    Returns:
        The numbers, in float64.
    """
    return lane(input, [d for d in range(input.ndim) if d != 1], place)[0]


def instance_norm(
    at: At,
    input: torch.Tensor,
    running_mean: torch.Tensor | None = None,
    running_var: torch.Tensor | None = None,
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
    cudnn_enabled: bool | None = None,
) -> Expansion:
    """Expand `instance_norm` (Ulyanov et al. 2016): mean and variance of one channel of one sample.

    The last argument is there only in `torch.instance_norm`, which takes weight and bias before them.
    """
    if cudnn_enabled is not None:
        done = instance_norm(
            at, input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps
        )
        return renamed(done, SWAPPED)
    sample, channel = at.index[:2]
    if use_input_stats or running_mean is None or running_var is None:
        numbers, _ = lane(input, range(2, input.ndim), at.index)
        moments = _taken(numbers, _over(input.shape, {0: sample, 1: channel}))
    else:
        moments = _stored(running_mean, running_var, channel)
    x = number("input", input, at.index)
    own = (channel,)
    return _normalised(x, moments, eps, _maybe("weight", weight, own), _maybe("bias", bias, own))


def layer_norm(
    at: At,
    input: torch.Tensor,
    normalized_shape: Sequence[int],
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Expansion:
    """Expand `layer_norm` (Ba et al. 2016): mean and variance over the last dimensions."""
    first = input.ndim - len(normalized_shape)
    numbers, _ = lane(input, range(first, input.ndim), at.index)
    moments = _taken(numbers, _over(input.shape, dict(enumerate(at.index[:first]))))
    own = at.index[first:]
    x = number("input", input, at.index)
    return _normalised(x, moments, eps, _maybe("weight", weight, own), _maybe("bias", bias, own))


def group_norm(
    at: At,
    input: torch.Tensor,
    num_groups: int,
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Expansion:
    """Expand `group_norm` (Wu and He 2018): mean and variance over a group of channels of one sample."""
    sample, channel = at.index[:2]
    size = input.shape[1] // num_groups
    first = channel // size * size
    group = slice(first, first + size)
    numbers, _ = lane(input[sample, group], range(input.ndim - 1), (0,) * (input.ndim - 1))
    moments = _taken(numbers, _over(input.shape, {0: sample, 1: group}))
    x = number("input", input, at.index)
    own = (channel,)
    return _normalised(x, moments, eps, _maybe("weight", weight, own), _maybe("bias", bias, own))


def rms_norm(
    at: At,
    input: torch.Tensor,
    normalized_shape: Sequence[int],
    weight: torch.Tensor | None = None,
    eps: float | None = None,
) -> Expansion:
    """Expand `rms_norm` (Zhang and Sennrich 2019): over the root of the mean square, no mean taken off."""
    first = input.ndim - len(normalized_shape)
    numbers, _ = lane(input, range(first, input.ndim), at.index)
    square = float((numbers**2).mean())
    small = _machine_eps(input.dtype) if eps is None else eps
    x, gain = number("input", input, at.index), _maybe("weight", weight, at.index[first:])
    formula = "input/√(mean_square + eps)" + "·weight" * (gain is not None)
    used = (x, Number("mean_square", None, square), Number("eps", None, small), *((gain,) if gain else ()))
    inverse = square + small
    value = x.value / math.sqrt(inverse) * (gain.value if gain else 1.0) if inverse > 0 else math.nan
    return Expansion(
        kind="normalisation",
        formula=formula,
        worked=written(formula, {n.operand: n.value for n in used}),
        terms=(Term(used, value),),
        value=value,
        facts={
            "mean_square": square,
            "count": numbers.numel(),
            "over": _over(input.shape, dict(enumerate(at.index[:first]))),
            "eps": small,
        },
    )


def _machine_eps(dtype: torch.dtype) -> float:
    """Give what torch adds where no eps is given: that of the type it computes in."""
    return torch.finfo(torch.float32 if dtype in {torch.float16, torch.bfloat16} else dtype).eps


def local_response_norm(
    at: At, input: torch.Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Expansion:
    """Expand `local_response_norm` (Krizhevsky et al. 2012): over the squares of the channels around."""
    channel = at.index[1]
    first = channel - size // 2
    last = channel + (size - 1) // 2
    around = range(max(first, 0), min(last, input.shape[1] - 1) + 1)
    places = [(at.index[0], c, *at.index[2:]) for c in around]
    values = [read(input, place) for place in places]
    x = number("input", input, at.index)
    total = sum(value**2 for value in values)
    value = x.value / (k + alpha * total / size) ** beta
    squares = joined([f"{factor(v)}²" for v in values])
    return Expansion(
        kind="normalisation",
        formula="input/(k + alpha·Σ input²/size)^beta",
        worked=f"{short(x.value)}/({short(k)} + {short(alpha)}·({squares})/{size})^{short(beta)}",
        terms=(Term((x,), value), *terms_of("input", values, places, [0.0] * len(values))),
        value=value,
        facts={
            "squares": total,
            "size": size,
            "padded": size - len(values),
            "alpha": alpha,
            "beta": beta,
            "k": k,
        },
    )


def normalize(
    at: At,
    input: torch.Tensor,
    p: float = 2.0,
    dim: int | Sequence[int] = 1,
    eps: float = 1e-12,
    out: object = None,
) -> Expansion:
    """Expand `F.normalize`: over the norm along a dimension, or over eps where the norm is smaller."""
    dims = [d % input.ndim for d in ((dim,) if isinstance(dim, int) else dim)]
    numbers, places = lane(input, dims, at.index)
    sizes = numbers.abs()
    norm = float(sizes.max() if math.isinf(p) else (sizes**p).sum() ** (1 / p))
    x = number("input", input, at.index)
    value = x.value / max(norm, eps)
    formula = {2.0: "input/max(√(Σ input²), eps)", 1.0: "input/max(Σ |input|, eps)"}.get(
        float(p), "input/max((Σ |input|^p)^(1/p), eps)"
    )
    return Expansion(
        kind="normalisation",
        formula=formula,
        worked=f"{short(x.value)}/max({short(norm)}, {short(eps)})",
        terms=(
            Term((x, Number("norm", None, norm), Number("eps", None, eps)), value),
            *terms_of("input", numbers.tolist(), places, [0.0] * numbers.numel()),
        ),
        value=value,
        facts={"norm": norm, "p": float(p), "count": numbers.numel(), "eps": eps},
    )


def cosine_similarity(
    at: At, x1: torch.Tensor, x2: torch.Tensor, dim: int = 1, eps: float = 1e-8
) -> Expansion:
    """Expand `cosine_similarity`: products over both norms, each at least eps; its terms add up to it."""
    one, two = torch.broadcast_tensors(x1.detach(), x2.detach())
    dim %= one.ndim
    place = (*at.index[:dim], 0, *at.index[dim:])
    a, places = lane(one, [dim], place)
    b, _ = lane(two, [dim], place)
    norms = [max(float((v**2).sum()) ** 0.5, eps) for v in (a, b)]
    parts = a * b / (norms[0] * norms[1])
    terms = [
        Term((number("x1", x1, p), number("x2", x2, p)), float(part))
        for p, part in zip(places, parts, strict=True)
    ]
    products = joined(
        [f"{factor(m)}·{factor(n)}" for m, n in zip(shown(a.tolist()), shown(b.tolist()), strict=True)]
    )
    return Expansion(
        kind="sum_of_products",
        formula="Σ x1·x2/(max(‖x1‖, eps)·max(‖x2‖, eps))",
        worked=f"({products})/({short(norms[0])}·{short(norms[1])})",
        terms=tuple(terms),
        value=float(parts.sum()),
        facts={"norm_x1": norms[0], "norm_x2": norms[1], "count": len(terms), "eps": eps},
    )
