"""Windows against PyTorch: every number of the output is what its window makes."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings
from torch import nn

from glassnet.inspection.windows import windowed
from glassnet.trace.record import record

INPUT = torch.tensor([[1, 2, 0, 3, 1], [0, 1, 2, 3, 1], [1, 2, 1, 0, 0], [5, 2, 3, 1, 1], [2, 1, 0, 1, 1]])
KERNEL = torch.tensor([[1, 2, 1], [0, 1, 0], [2, 1, 0]])


def window_of(net, images, *, lead=(), op=0):
    found = windowed(record(net, images, keep="all"), op, lead=lead)
    assert found is not None
    return found


def worked(window) -> torch.Tensor:
    channels, height, width = window.output.shape
    return torch.tensor(
        [[[window.value(c, y, x) for x in range(width)] for y in range(height)] for c in range(channels)],
        dtype=torch.float64,
    )


def tutorial(**settings) -> nn.Conv2d:
    net = nn.Conv2d(1, 1, 3, bias=False, **settings)
    net.weight.data = KERNEL.float()[None, None]
    return net


@pytest.mark.parametrize(
    ("settings_", "expected"),
    [
        ({}, [[10, 12, 12], [18, 16, 16], [13, 9, 3]]),
        ({"stride": 2}, [[10, 12], [13, 3]]),
        ({"padding": 1}, [[1, 3, 4, 10, 8], [5, 10, 12, 12, 6], [7, 18, 16, 16, 8], [11, 13, 9, 3, 4], [14, 13, 9, 7, 4]]),
    ],
)  # fmt: skip
def test_the_convolution_of_the_tutorials(settings_, expected):
    assert worked(window_of(tutorial(**settings_), INPUT.float()[None, None])).tolist() == [expected]


@pytest.mark.parametrize(("ceil", "expected"), [(False, [[2]]), (True, [[2, 3], [5, 1]])])
def test_the_pooling_of_the_tutorials(ceil, expected):
    window = window_of(nn.MaxPool2d(3, ceil_mode=ceil), INPUT.float()[None, None])
    assert worked(window).tolist() == [expected]


def test_the_linear_layer_of_the_tutorials():
    net = nn.Linear(9, 4)
    net.weight.data = torch.tensor(
        [[1, 0, 1, 0, 1, 0, 1, 0, 1], [0, 1, 0, 1, 0, 1, 0, 1, 0], [1] * 9, [0, 0, 1, 0, 0, 1, 0, 0, 1]]
    ).float()
    net.bias.data = torch.tensor([1.0, 2, 3, 4])
    window = window_of(net, torch.tensor([[2.0, 5, 3, 1, 4, 6, 7, 8, 9]]))
    assert worked(window).flatten().tolist() == [26, 22, 48, 22]


NETS = {
    "same": (nn.Conv2d(2, 3, (4, 3), padding="same", dilation=(1, 2)), (1, 2, 9, 8)),
    "valid": (nn.Conv2d(2, 3, 3, padding="valid"), (1, 2, 6, 6)),
    "reflect": (nn.Conv2d(2, 3, 3, padding=2, padding_mode="reflect"), (1, 2, 6, 6)),
    "depth-wise": (nn.Conv2d(4, 8, 3, groups=4, stride=(2, 1), padding=(1, 0)), (1, 4, 7, 7)),
    "1d": (nn.Conv1d(3, 4, 5, stride=2, padding=3, dilation=2), (1, 3, 17)),
    "transposed": (nn.ConvTranspose2d(4, 6, (3, 2), stride=(2, 3), padding=1, output_padding=(1, 2), groups=2, dilation=(2, 1)), (1, 4, 5, 4)),
    "transposed 1d": (nn.ConvTranspose1d(2, 3, 4, stride=3, padding=1), (1, 2, 6)),
    "max": (nn.MaxPool2d(3, stride=2, padding=1, dilation=2, ceil_mode=True), (1, 2, 9, 10)),
    "max 1d": (nn.MaxPool1d(3, 2), (1, 2, 9)),
    "mean": (nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True), (1, 2, 8, 9)),
    "mean, inside": (nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True, count_include_pad=False), (1, 2, 8, 9)),
    "mean, divisor": (nn.AvgPool2d(2, divisor_override=3), (1, 2, 6, 6)),
    "mean 1d": (nn.AvgPool1d(3, padding=1), (1, 2, 9)),
    "adaptive": (nn.AdaptiveAvgPool2d((3, 4)), (1, 2, 7, 9)),
    "adaptive max": (nn.AdaptiveMaxPool2d((2, None)), (1, 2, 7, 5)),
    "linear on tokens": (nn.Linear(6, 5), (1, 3, 6)),
    "linear after flatten": (nn.Sequential(nn.Flatten(), nn.Linear(2 * 12, 5)), (1, 2, 3, 4)),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("name", NETS)
def test_numbers_are_pytorchs(name):
    net, shape = NETS[name]
    torch.manual_seed(0)
    trace = record(net, torch.randn(shape), keep="all")
    found = windowed(trace, len(trace.ops) - 1)
    assert found is not None
    torch.testing.assert_close(worked(found), found.output.double(), rtol=1e-5, atol=1e-5)


@settings(deadline=None, max_examples=40)
@given(
    st.tuples(st.integers(5, 9), st.integers(5, 9)), st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)), st.tuples(st.integers(0, 3), st.integers(0, 3)),
    st.tuples(st.integers(1, 2), st.integers(1, 2)), st.sampled_from([1, 2]), st.booleans(),
)  # fmt: skip
def test_any_convolution(size, kernel, stride, padding, dilation, groups, bias):
    torch.manual_seed(0)
    net = nn.Conv2d(2, 4, kernel, stride, padding, dilation, groups, bias=bias)
    window = window_of(net, torch.randn(1, 2, *size))
    torch.testing.assert_close(worked(window), window.output.double(), rtol=1e-5, atol=1e-5)


def test_one_of_a_batch():
    images = torch.arange(32.0).reshape(2, 1, 4, 4)
    window = window_of(nn.MaxPool2d(2), images, lead=(1,))
    assert worked(window).tolist() == [[[21, 23], [29, 31]]]


def test_a_linear_layer_after_a_flatten_keeps_its_planes():
    trace = record(
        nn.Sequential(nn.ReLU(), nn.Flatten(), nn.Linear(24, 5)), torch.randn(1, 2, 3, 4), keep="all"
    )
    assert windowed(trace, 2).input.shape == (2, 3, 4)
    assert windowed(trace, 0) is None


def test_nothing_without_kept_tensors():
    assert windowed(record(nn.MaxPool2d(2), torch.ones(1, 1, 4, 4)), 0) is None


def test_nan_is_the_largest_as_in_pytorch():
    images = torch.tensor([[[[1.0, float("nan")], [3.0, 2.0]]]])
    assert str(window_of(nn.MaxPool2d(2), images).value(0, 0, 0)) == "nan"


def test_padding_is_within_reach_and_has_no_number():
    window = window_of(tutorial(padding=1), INPUT.float()[None, None])
    assert window.reach == (range(-1, 6), range(-1, 6))
    assert [term.value for term in window.terms(0, 0, 0)][:4] == [None, None, None, None]
