"""How a shape comes about: the worked formula ends in the size that PyTorch gives, whatever the arguments."""

from __future__ import annotations

import re

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from glassnet.inspection.arguments import Call
from glassnet.inspection.sizes import size_of, windows_of
from glassnet.trace.record import record


class Does(nn.Module):
    """A network that is one function."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def sizes(function, *shape):
    trace = record(Does(function), torch.rand(*shape))
    return [size_of(op, trace) for op in trace.ops], trace


def ends(worked: tuple[str, ...]) -> list[int]:
    return [int(re.search(r"= (\d+)$", line)[1]) for line in worked]


def by_axis(size, axes: str) -> list[int]:
    """Give the result for each axis; axes that are alike share a line."""
    found = {
        name: end
        for names, end in zip(size.axes, ends(size.worked), strict=True)
        for name in names.split(", ")
    }
    return [found[name] for name in axes]


small = st.integers(1, 4)


@settings(max_examples=60, deadline=None)
@given(side=st.tuples(st.integers(3, 14), st.integers(3, 14)), kernel=st.tuples(small, small), stride=small,
       padding=st.integers(0, 3), dilation=st.integers(1, 2))  # fmt: skip
def test_convolutions_of_any_kind(side, kernel, stride, padding, dilation):
    assume(all(s + 2 * padding >= dilation * (k - 1) + 1 for s, k in zip(side, kernel, strict=True)))
    conv = nn.Conv2d(1, 1, kernel, stride=stride, padding=padding, dilation=dilation)
    (size,), trace = sizes(conv, 1, 1, *side)
    assert by_axis(size, "HW") == list(trace.values[trace.ops[0].outputs[0]].shape[2:])


@settings(max_examples=60, deadline=None)
@given(side=st.integers(3, 14), kernel=small, stride=small, ceil=st.booleans(), padding=st.integers(0, 2),
       dilation=st.integers(1, 2))  # fmt: skip
def test_max_pooling_of_any_kind(side, kernel, stride, ceil, padding, dilation):
    assume(2 * padding <= kernel and side + 2 * padding >= dilation * (kernel - 1) + 1)
    pool = nn.MaxPool1d(kernel, stride, padding, dilation, ceil_mode=ceil)
    (size,), trace = sizes(pool, 1, 1, side)
    assert by_axis(size, "L") == [trace.values[trace.ops[-1].outputs[0]].shape[2]]


@settings(max_examples=40, deadline=None)
@given(side=st.integers(2, 9), kernel=small, stride=st.integers(1, 3), padding=st.integers(0, 1),
       extra=st.integers(0, 1), dilation=st.integers(1, 2))  # fmt: skip
def test_transposed_convolutions_of_any_kind(side, kernel, stride, padding, extra, dilation):
    assume(extra < max(stride, dilation))
    conv = nn.ConvTranspose2d(1, 1, kernel, stride, padding, extra, dilation=dilation)
    assume((side - 1) * stride - 2 * padding + dilation * (kernel - 1) + extra + 1 > 0)
    (size,), trace = sizes(conv, 1, 1, side, side)
    out = trace.values[trace.ops[0].outputs[0]].shape[-1]
    worked = size.worked[0].partition(" = ")[0].replace("·", "*").replace("−", "-")
    assert eval(worked) == out == ends(size.worked)[0]


@settings(max_examples=40, deadline=None)
@given(side=st.integers(4, 9), kernel=st.integers(1, 3), stride=st.integers(1, 3), padding=st.integers(0, 1))
def test_unfolding_of_any_kind(side, kernel, stride, padding):
    (size,), trace = sizes(lambda x: F.unfold(x, kernel, padding=padding, stride=stride), 1, 2, side, side)
    assert by_axis(size, "L") == [trace.values[trace.ops[0].outputs[0]].shape[2]]


def test_the_formula_of_lesson_003():
    (size,), _ = sizes(nn.Conv2d(3, 6, 5, padding=2), 1, 3, 32, 32)
    assert size.formula == "⌊(H + 2·padding − dilation·(kernel − 1) − 1)/stride⌋ + 1"
    assert size.worked == ("⌊(32 + 2·2 − 1·(5 − 1) − 1)/1⌋ + 1 = 32",)
    assert size.axes == ("H, W",)


def test_ceil_mode_of_lesson_003():
    """Row 9: max pooling 3 on a picture of 5×5 gives 1×1, with ceil_mode 2×2."""
    (floor,), _ = sizes(nn.MaxPool2d(3), 1, 1, 5, 5)
    (ceil,), _ = sizes(nn.MaxPool2d(3, ceil_mode=True), 1, 1, 5, 5)
    assert floor.worked == ("⌊(5 + 2·0 − 1·(3 − 1) − 1)/3⌋ + 1 = 1",)
    assert ceil.worked == ("⌈(5 + 2·0 − 1·(3 − 1) − 1)/3⌉ + 1 = 2",)


def test_a_window_that_would_start_outside_is_not_counted():
    (size,), trace = sizes(nn.MaxPool2d(2, 3, padding=1, ceil_mode=True), 1, 1, 5, 5)
    assert trace.values[trace.ops[0].outputs[0]].shape == (1, 1, 2, 2)
    assert ends(size.worked) == [2]
    assert size.worked[0] == "⌈(5 + 2·1 − 1·(2 − 1) − 1)/3⌉ + 1 − 1 = 2"


@pytest.mark.filterwarnings("ignore:Using padding")
def test_padding_same_may_be_uneven():
    (size,), _ = sizes(nn.Conv1d(1, 1, 4, padding="same"), 1, 1, 9)
    assert size.worked == ("⌊(9 + 1 + 2 − 1·(4 − 1) − 1)/1⌋ + 1 = 9",)


def test_axes_that_differ_are_worked_apart():
    (size,), _ = sizes(nn.Conv2d(1, 1, (3, 5)), 1, 1, 8, 8)
    assert size.axes == ("H", "W")
    assert ends(size.worked) == [6, 4]


@pytest.mark.parametrize(
    ("function", "shape", "kind", "worked", "fields"),
    [
        (nn.ReLU(), (1, 3, 4, 4), "keeps", (), {}),
        (nn.Linear(9, 4), (2, 9), "last_axis", (), {"was": 9, "now": 4}),
        (nn.Flatten(), (2, 6, 5, 5), "flattens", ("6·5·5 = 150",), {"first": 1, "last": 3}),
        (lambda x: x.view(2, -1), (2, 3, 4), "reshaped", (), {"count": "24"}),
        (lambda x: x.permute(0, 2, 1), (2, 3, 4), "permuted", (), {"order": "0, 2, 1"}),
        (lambda x: x.transpose(-1, 1), (2, 3, 4), "swapped", (), {"first": 2, "second": 1}),
        (lambda x: torch.cat([x, x], 1), (2, 3), "joined", ("3 + 3 = 6",), {"axis": 1}),
        (lambda x: torch.stack([x, x]), (2, 3), "stacked", (), {"count": 2, "axis": 0}),
        (lambda x: x.chunk(2, 1)[0], (2, 4), "split", (), {"count": 2}),
        (lambda x: x.mean((2, 3)), (1, 3, 4, 4), "reduced", (), {"axes": "2, 3"}),
        (lambda x: x.sum(), (1, 3), "reduced_all", (), {}),
        (lambda x: x[:, ::2], (1, 6), "cut", (), {"was": "1×6", "now": "1×3"}),
        (nn.AdaptiveAvgPool2d(1), (1, 3, 7, 7), "adaptive", (), {"was": "7×7", "now": "1×1"}),
        (lambda x: F.interpolate(x, scale_factor=2.0), (1, 1, 4, 5), "scaled",
         ("⌊4·2⌋ = 8", "⌊5·2⌋ = 10"), {}),
        (lambda x: F.interpolate(x, size=(3, 3)), (1, 1, 4, 5), "resized", (), {"was": "4×5", "now": "3×3"}),
        (lambda x: F.pad(x, (1, 2)), (1, 1, 4, 4), "padded", ("4 + 1 + 2 = 7",), {}),
        (lambda x: x @ x.mT, (2, 3), "product", (), {"left": "2×3", "right": "3×2"}),
        (nn.PixelShuffle(2), (1, 8, 3, 3), "shuffled", (), {"factor": 2, "square": 4}),
    ],
)  # fmt: skip
def test_what_other_operations_do(function, shape, kind, worked, fields):
    size = sizes(function, *shape)[0][-1]
    assert (size.kind, size.worked, dict(size.fields)) == (kind, worked, fields)


def test_what_has_no_window_has_none():
    _, trace = sizes(nn.ReLU(), 1, 3)
    assert windows_of(Call(trace, trace.ops[0])) is None
