"""Windows of all shapes: PyTorch in float64 is the oracle, over settings that nobody chose."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from recorded_calls import call_of, check, doubles

SOME = settings(max_examples=40, deadline=None)
CONVOLUTIONS = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}
MAX_POOLS = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
AVG_POOLS = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
LP_POOLS = {1: F.lp_pool1d, 2: F.lp_pool2d, 3: F.lp_pool3d}
ADAPTIVE = {
    1: (F.adaptive_avg_pool1d, F.adaptive_max_pool1d),
    2: (F.adaptive_avg_pool2d, F.adaptive_max_pool2d),
    3: (F.adaptive_avg_pool3d, F.adaptive_max_pool3d),
}


def sizes(axes: int, low: int, high: int):
    return st.one_of(
        st.integers(low, high), st.tuples(*[st.integers(low, high)] * axes), st.tuples(st.integers(low, high))
    )


def spread(size, axes: int) -> list[int]:
    if isinstance(size, int):
        return [size] * axes
    return list(size) * axes if len(size) == 1 else list(size)


@st.composite
def pictures(draw, axes: int, channels: int = 2, least: int = 3):
    """Give numbers with or without the batch's axis."""
    sides = draw(st.tuples(*[st.integers(least, 7 if axes < 3 else 4)] * axes))
    batch = draw(st.sampled_from([(), (2,)]))
    return doubles(*batch, channels, *sides, seed=draw(st.integers(0, 9)))


@SOME
@given(st.data(), st.integers(1, 3), st.integers(1, 3), st.booleans())
def test_convolutions(data, axes, groups, biased):
    outputs, inner = data.draw(st.integers(1, 2)) * groups, data.draw(st.integers(1, 2))
    x = data.draw(pictures(axes, inner * groups))
    kernel = data.draw(st.tuples(*[st.integers(1, 3)] * axes))
    stride, dilation = data.draw(sizes(axes, 1, 3)), data.draw(sizes(axes, 1, 2))
    padding = data.draw(sizes(axes, 0, 3))
    for side, k, pad, gap in zip(
        x.shape[-axes:], kernel, spread(padding, axes), spread(dilation, axes), strict=False
    ):
        assume(side + 2 * pad >= gap * (k - 1) + 1)
    weight, bias = doubles(outputs, inner, *kernel, seed=1), doubles(outputs, seed=2) if biased else None
    call = call_of(lambda: CONVOLUTIONS[axes](x, weight, bias, stride, padding, dilation, groups))
    check(call, most=12)
    found = call.explained(*call.places[0][1])
    assert len(found.terms) + found.facts["padded"] == inner * math.prod(kernel) + biased


@SOME
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@given(st.data(), st.integers(1, 3), st.sampled_from(["same", "valid"]))
def test_convolutions_with_named_padding(data, axes, padding):
    x = data.draw(pictures(axes, least=4))
    kernel = data.draw(st.tuples(*[st.integers(1, 4)] * axes))
    dilation = data.draw(sizes(axes, 1, 3)) if padding == "same" else 1
    weight = doubles(3, 2, *kernel, seed=1)
    check(call_of(lambda: CONVOLUTIONS[axes](x, weight, padding=padding, dilation=dilation)), most=12)


@SOME
@given(st.data(), st.integers(1, 3), st.integers(1, 3))
def test_transposed_convolutions(data, axes, groups):
    inner, outputs = data.draw(st.integers(1, 2)), data.draw(st.integers(1, 2))
    x = data.draw(pictures(axes, inner * groups, least=1))
    kernel = data.draw(st.tuples(*[st.integers(1, 3)] * axes))
    stride, dilation = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 2))
    padding, more = data.draw(st.integers(0, 2)), data.draw(st.integers(0, max(stride, dilation) - 1))
    for side, k in zip(x.shape[-axes:], kernel, strict=False):
        assume((side - 1) * stride - 2 * padding + dilation * (k - 1) + more + 1 > 0)
    weight, bias = doubles(inner * groups, outputs, *kernel, seed=1), doubles(outputs * groups, seed=2)
    call = call_of(lambda: TRANSPOSED[axes](x, weight, bias, stride, padding, more, groups, dilation))
    check(call, most=12)


@SOME
@given(st.data(), st.integers(1, 3), st.booleans(), st.booleans())
def test_max_pools(data, axes, ceil_mode, indices):
    x, kernel = data.draw(pictures(axes)), data.draw(sizes(axes, 1, 3))
    stride, dilation = data.draw(st.none() | sizes(axes, 1, 3)), data.draw(st.integers(1, 2))
    padding = data.draw(st.integers(0, min(spread(kernel, axes)) // 2))
    for side, k in zip(x.shape[-axes:], spread(kernel, axes), strict=False):
        assume(side + 2 * padding >= dilation * (k - 1) + 1)
    call = call_of(lambda: MAX_POOLS[axes](x, kernel, stride, padding, dilation, ceil_mode, indices))
    check(call, most=12)


@SOME
@given(st.data(), st.integers(1, 3), st.booleans(), st.booleans())
def test_avg_pools(data, axes, ceil_mode, include_pad):
    x, kernel = data.draw(pictures(axes)), data.draw(sizes(axes, 1, 3))
    stride = data.draw(st.none() | sizes(axes, 1, 3))
    padding = data.draw(st.integers(0, min(spread(kernel, axes)) // 2))
    divisor = data.draw(st.none() | st.integers(1, 9)) if axes > 1 else None
    more = () if axes == 1 else (divisor,)
    call = call_of(lambda: AVG_POOLS[axes](x, kernel, stride, padding, ceil_mode, include_pad, *more))
    check(call, most=12)


@SOME
@given(st.data(), st.integers(1, 3), st.booleans(), st.sampled_from([1, 2, 3, 4, 0.5]))
def test_lp_pools(data, axes, ceil_mode, power):
    x, kernel = data.draw(pictures(axes)).abs(), data.draw(sizes(axes, 1, 3))
    assume(isinstance(kernel, int) or len(kernel) == axes)  # PyTorch takes one number or all of them here
    kernel = kernel if isinstance(kernel, int) or axes > 1 else kernel[0]
    stride = data.draw(st.none() | st.integers(1, 3))
    check(call_of(lambda: LP_POOLS[axes](x, power, kernel, stride, ceil_mode), f"lp_pool{axes}d"), most=12)


@SOME
@given(st.data(), st.integers(1, 3), st.integers(0, 1))
def test_adaptive_pools(data, axes, which):
    x = data.draw(pictures(axes))
    size = data.draw(sizes(axes, 1, 9))
    assume(isinstance(size, int) or len(size) == axes)
    check(call_of(lambda: ADAPTIVE[axes][which](x, size)), most=12)


@SOME
@given(
    st.integers(2, 9),
    st.integers(2, 9),
    st.integers(1, 12),
    st.integers(1, 12),
    st.sampled_from(["nearest", "nearest-exact", "bilinear", "bicubic", "area"]),
    st.booleans(),
    st.booleans(),
)
def test_interpolations(height, width, rows, columns, mode, corners, antialias):
    x, smooth = doubles(2, 3, height, width), mode in ("bilinear", "bicubic")
    # one column wide and smoothed, PyTorch 2.14 itself repeats the first row (not in channels_last)
    assume(not (smooth and antialias and columns == 1 < rows))
    call = call_of(
        lambda: F.interpolate(
            x,
            (rows, columns),
            mode=mode,
            align_corners=corners if smooth else None,
            antialias=antialias and smooth,
        )
    )
    check(call, most=12)
    found = call.explained(*call.places[-1][1])
    weights = [term.numbers[0].value if len(term.numbers) > 1 else 1 for term in found.terms]
    assert math.isclose(sum(weights), 1)


@SOME
@given(st.integers(2, 40), st.floats(0.1, 4), st.sampled_from(["nearest", "nearest-exact"]))
def test_the_nearest_is_the_one_that_pytorch_chose(side, factor, mode):
    assume(int(side * factor) > 0)
    x = torch.arange(float(side)).reshape(1, 1, side)
    check(call_of(lambda: F.interpolate(x, scale_factor=factor, mode=mode)), most=200, tolerance=0)


@SOME
@given(
    st.sampled_from(["bilinear", "nearest", "bicubic"]),
    st.sampled_from(["zeros", "border", "reflection"]),
    st.booleans(),
    st.integers(0, 99),
)
def test_grid_samples(mode, padding, corners, seed):
    x, grid = torch.rand(2, 2, 5, 6), doubles(2, 3, 3, 2, seed=seed).float() * 0.8
    check(call_of(lambda: F.grid_sample(x, grid, mode, padding, corners)), tolerance=2e-5)


@SOME
@given(st.data(), st.sampled_from(["constant", "reflect", "replicate", "circular"]))
def test_paddings(data, mode):
    x = doubles(1, 2, 5, 6)
    low = -1 if mode == "constant" else 0
    amounts = data.draw(st.tuples(*[st.integers(low, 4)] * 4))
    check(call_of(lambda: F.pad(x, amounts, mode=mode)), most=40, tolerance=0)
