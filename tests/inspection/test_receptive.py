"""Receptive fields, held against gradients: with positive weights a pixel counts if and only if it is seen."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from glassnet.inspection.receptive import receptive_fields
from glassnet.trace.record import record


class Does(nn.Module):
    """A network that is one function of its layers and the input."""

    def __init__(self, function, *layers):
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.function = function

    def forward(self, x):
        return self.function(x, *self.layers)


def positive(net: nn.Module) -> nn.Module:
    """Make all weights one, so that nothing cancels."""
    for parameter in net.parameters():
        nn.init.ones_(parameter)
    return net.eval()


def told(net, shape=(1, 1, 40, 40)):
    trace = record(positive(net), torch.ones(shape))
    return receptive_fields(trace)[trace.ops[-1].outputs[0]]


def measured(net, place, shape=(1, 1, 40, 40)) -> list[tuple[int, int]]:
    """Give the first and last pixel along each axis that a number of the output depends on."""
    images = torch.ones(shape, requires_grad=True)
    positive(net)(images)[place].backward()
    seen = images.grad[0, 0] != 0
    along = [seen.any(dim=1), seen.any(dim=0)]
    return [(int(axis.nonzero().min()), int(axis.nonzero().max())) for axis in along]


def ends(field, place: int) -> tuple[float, float]:
    centre = field.centre + place * field.jump
    return centre - (field.size - 1) / 2, centre + (field.size - 1) / 2


layer = st.one_of(
    st.builds(
        lambda k, s, p, d: nn.Conv2d(1, 1, k, s, p, d, bias=False),
        st.integers(1, 4), st.integers(1, 2), st.integers(0, 2), st.integers(1, 2),
    ),
    st.builds(nn.AvgPool2d, st.integers(1, 3), st.integers(1, 2)),
    st.just(nn.ReLU()),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(layers=st.lists(layer, min_size=1, max_size=4))
def test_any_chain_of_windows(layers):
    net = nn.Sequential(*layers)
    fields = told(net)
    side = positive(net)(torch.ones(1, 1, 40, 40)).shape[-1]
    place = side // 2
    expected = [ends(field, place) for field in fields]
    if all(low >= 0 and high <= 39 for low, high in expected):  # not cut at the picture's edge
        assert [tuple(map(float, span)) for span in measured(net, (0, 0, place, place))] == expected


def test_neighbours_lie_one_jump_apart():
    net = nn.Sequential(
        nn.Conv2d(1, 1, 5, bias=False), nn.AvgPool2d(2), nn.Conv2d(1, 1, 3, stride=2, bias=False)
    )
    fields = told(net)
    for place in (2, 3):
        assert measured(net, (0, 0, place, place))[0] == ends(fields[0], place)


def test_the_fields_of_lenet():
    net = nn.Sequential(nn.Conv2d(3, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.MaxPool2d(2))
    trace = record(net, torch.zeros(1, 3, 32, 32))
    fields = receptive_fields(trace)
    seen = [(fields[op.outputs[0]][0].size, fields[op.outputs[0]][0].jump) for op in trace.ops]
    assert seen == [(5, 1), (5, 1), (6, 2), (14, 2), (16, 4)]


def test_a_shortcut_sees_what_either_branch_sees():
    net = Does(lambda x, a, b: a(x) + b(x), nn.Conv2d(1, 1, 3, padding=1), nn.Conv2d(1, 1, 7, padding=3))
    assert [field.size for field in told(net)] == [7, 7]
    shifted = Does(lambda x: x[:, :, 4:] + x[:, :, :-4])
    assert [field.size for field in told(shifted)] == [5, 1]
    assert measured(shifted, (0, 0, 10, 10)) == [ends(told(shifted)[0], 10), ends(told(shifted)[1], 10)]


def test_transposed_convolution():
    net = nn.Sequential(
        nn.Conv2d(1, 1, 3, stride=2, bias=False), nn.ConvTranspose2d(1, 1, 4, stride=2, padding=1, bias=False)
    )
    fields = told(net)
    assert [(field.size, field.jump) for field in fields] == [(5, 1.0), (5, 1.0)]
    assert measured(net, (0, 0, 11, 11))[0][1] - measured(net, (0, 0, 11, 11))[0][0] + 1 == 5


@pytest.mark.parametrize(
    "net",
    [
        nn.Sequential(nn.Conv2d(1, 1, 3), nn.Flatten(), nn.LazyLinear(2)),
        nn.Sequential(nn.Conv2d(1, 1, 3), nn.AdaptiveAvgPool2d(1)),
        nn.Sequential(nn.Conv2d(1, 1, 3), nn.GroupNorm(1, 1)),
        Does(lambda x: x.mean((2, 3))),
        Does(lambda x: x * x.mean((2, 3), keepdim=True)),
        Does(lambda x: F.scaled_dot_product_attention(*[F.unfold(x, 4, stride=4).mT] * 3)),
        Does(lambda x: x.flatten(2).softmax(-1)),
        Does(lambda x: x.flatten(2) @ x.flatten(2).mT),
    ],
    ids=["linear", "pooling", "norm", "mean", "gate", "attention", "softmax", "product"],
)
def test_global_operations_see_the_whole_picture(net):
    with torch.no_grad():
        net(torch.ones(1, 1, 40, 40))
    fields = told(net)
    assert all(field.whole and field.size == 40 for field in fields)


@pytest.mark.parametrize(
    ("function", "size"),
    [
        (lambda x: F.unfold(x, 4, stride=4), 4),
        (lambda x: F.unfold(x, 4, stride=4).mT.softmax(-1), 4),
        (lambda x: F.unfold(x, 4, stride=4).reshape(1, 4, 4, 100).permute(0, 3, 1, 2), 4),
        (lambda x: F.layer_norm(F.avg_pool2d(x, 4).permute(0, 2, 3, 1), (1,)), 4),
        (lambda x: F.pixel_unshuffle(x, 4), 4),
        (lambda x: torch.cat([F.avg_pool2d(x, 4), F.max_pool2d(x, 4)], 1), 4),
        (lambda x: F.interpolate(F.avg_pool2d(x, 4), scale_factor=2), 4),
        (lambda x: torch.relu_(F.avg_pool2d(x, 4)).chunk(2, dim=3)[1], 4),
        (lambda x: F.avg_pool2d(x, 4)[0], 4),
        (lambda x: F.adaptive_avg_pool2d(x, 10), 4),
    ],
)
def test_operations_that_only_rearrange_keep_the_field(function, size):
    assert [field.size for field in told(Does(function))] == [size, size]


def test_patches_lose_their_order_but_not_their_size():
    fields = told(Does(lambda x: F.unfold(x, 4, stride=4)))
    assert [(field.jump, field.centre, field.places) for field in fields] == [(None, None, (2,))] * 2


def test_what_is_not_known_is_not_told():
    assert told(Does(lambda x: x.cumsum(2))) == (None, None)
    windows = told(Does(lambda x: x.reshape(1, 8, 5, 40).softmax(2)), (1, 1, 40, 40))
    assert windows[0] is None
    assert windows[1].size == 1


def test_what_does_not_depend_on_the_picture_has_no_field():
    net = Does(lambda x, layer: layer.weight.abs() + 0 * x.mean(), nn.Linear(2, 2))
    trace = record(net, torch.ones(1, 1, 4, 4))
    assert trace.ops[0].name == "abs"
    assert trace.ops[0].outputs[0] not in receptive_fields(trace)


def test_a_vector_is_no_picture():
    assert receptive_fields(record(nn.Linear(3, 2), torch.ones(1, 3))) == {}
    assert receptive_fields(record(nn.Linear(3, 2), torch.ones(1, 5, 3))) == {}, "tokens are no signal"


def test_signals_and_volumes():
    assert [f.size for f in told(nn.Conv1d(1, 1, 5), (1, 1, 20))] == [5]
    assert [f.size for f in told(nn.Conv3d(1, 1, (3, 5, 7)), (1, 1, 9, 9, 9))] == [3, 5, 7]
