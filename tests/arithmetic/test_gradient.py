"""Gradients by hand: PyTorch's backward pass and finite differences are the oracles."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from glassnet.arithmetic.address import find
from glassnet.arithmetic.gradient import explain_gradient
from glassnet.nets.build import build
from glassnet.trace.record import record


class Net(nn.Module):
    """A network whose forward pass is a function of itself and the input."""

    def __init__(self, function, **parts):
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, x):
        return self.function(self, x)


class Square(torch.autograd.Function):
    """An operation with a backward pass of its own, which no recorder sees."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, upstream):
        return 2 * ctx.saved_tensors[0] * upstream


def weighted(output):
    """A loss that gives each number of the output another gradient."""
    return (output * torch.linspace(0.1, 1, output.numel()).view_as(output)).sum()


def traced(net, x, backward=weighted):
    return record(net, x, keep="all", backward=backward)


def gradient(trace, address, **options):
    place = find(trace, address)
    return explain_gradient(trace, place.value, place.index, **options)


def in_place(net, x):
    y = net.layer(x)
    y += 1
    y[:, 0] = 2 * y[:, 1]
    return y.relu_()


def two_ways(net, x):
    a, b = net.layer(x).chunk(2, 1)
    return torch.cat([a * b, a + b, torch.stack([a, b]).sum(0)], 1)


def partly_without_gradient(net, x):
    y = net.layer(x)
    with torch.no_grad():
        z = y * 2
    return y * z + y.detach() * y


def chosen(net, x):
    values, places = net.layer(x).topk(2)
    return values * places.float() + torch.where(values > 0, values, values * 0.1)


FORWARD = {
    "shared weights": lambda net, x: net.layer(F.relu(net.layer(x))),
    "in place": in_place,
    "two ways": two_ways,
    "parts without gradient": partly_without_gradient,
    "chosen": chosen,
    "read twice": lambda net, x: (
        torch.einsum("ij,kj->ik", net.layer(x), net.layer(x)) * net.layer.weight.sum()
    ),
    "attention": lambda net, x: F.scaled_dot_product_attention(*[net.layer(x)[None, None]] * 3),
    "softmax": lambda net, x: F.softmax(net.layer(x), dim=-1, dtype=torch.float32).log(),
    "grid": lambda net, x: F.interpolate(net.layer(x)[None, None], scale_factor=2, mode="bilinear"),
    "lstm": lambda net, x: net.recurrent(net.layer(x)[None])[0],
    "batch norm in training": lambda net, x: net.norm(net.layer(x)),
    "dropout in training": lambda net, x: net.layer(F.dropout(F.dropout(net.layer(x), 0.5), 0.3)),
}


@pytest.mark.parametrize("name", FORWARD)
def test_every_number_of_every_value_agrees_with_pytorch(name):
    torch.manual_seed(0)
    parts = {
        "layer": nn.Linear(4, 4),
        "recurrent": nn.LSTM(4, 3, batch_first=True),
        "norm": nn.BatchNorm1d(4),
    }
    trace = traced(Net(FORWARD[name], **parts), torch.randn(3, 4))
    checked = 0
    for number, own in trace.kept_gradients.items():
        for index in map(tuple, torch.ones_like(own).nonzero().tolist()):
            found = explain_gradient(trace, number, index)
            assert found.missing == ()
            assert found.difference == pytest.approx(0, abs=1e-5 * (1 + abs(found.torch_value)))
            checked += 1
    assert checked > 40


@settings(deadline=None, max_examples=25)
@given(
    data=st.data(), stride=st.integers(1, 3), padding=st.integers(0, 2), dilation=st.integers(1, 2),
    groups=st.sampled_from([1, 2]),
)  # fmt: skip
def test_gradients_of_a_convolution_against_finite_differences(data, stride, padding, dilation, groups):
    torch.manual_seed(data.draw(st.integers(0, 99)))
    layer = nn.Conv2d(2, 4, 3, stride=stride, padding=padding, dilation=dilation, groups=groups).double()
    x = torch.randn(1, 2, 7, 6, dtype=torch.float64)

    def loss():
        return float((layer(x) ** 2).sum().detach())

    trace = traced(layer, x, backward=lambda output: (output**2).sum())
    weight = layer.weight.data
    index = tuple(data.draw(st.integers(0, side - 1)) for side in weight.shape)
    found = gradient(trace, f"weight[{','.join(map(str, index))}]")
    step = 1e-5
    weight[index] += step
    above = loss()
    weight[index] -= 2 * step
    below = loss()
    weight[index] += step
    assert found.value == pytest.approx((above - below) / (2 * step), rel=1e-6, abs=1e-6)


def test_the_local_derivative_of_a_weight_is_the_input_it_meets():
    kernel = nn.Conv2d(1, 1, 3, bias=False)
    trace = traced(kernel, torch.arange(25.0).reshape(1, 1, 5, 5), backward=torch.sum)
    found = gradient(trace, "weight[0,0,1,2]", most_terms=9)
    assert found.places == len(found.terms) == 9
    assert found.value == sum(range(7, 10)) + sum(range(12, 15)) + sum(range(17, 20))
    assert {(term.output, term.is_number, term.local) for term in found.terms} == {
        (f"output[0,0,{row},{column}]".replace("output", "conv2d"), f"images[0,0,{row + 1},{column + 2}]",
         5.0 * (row + 1) + column + 2)
        for row in range(3) for column in range(3)
    }  # fmt: skip
    assert [term.value for term in found.terms] == sorted((term.value for term in found.terms), reverse=True)


def test_a_bias_collects_the_gradients_of_its_channel():
    net = build("lenet", in_channels=1, height=28, width=28, num_classes=10).module.eval()
    trace = traced(net, torch.rand(1, 1, 28, 28))
    found = gradient(trace, "conv1.bias[0]")
    conv1 = find(trace, "conv1[0,0,0,0]").value
    assert found.value == pytest.approx(float(trace.kept_gradients[conv1][0, 0].sum()), rel=1e-5)
    assert found.places == 24 * 24
    assert {term.local for term in found.terms} == {1.0}


def test_depth_follows_the_largest_terms_to_the_loss():
    net = build("lenet", in_channels=1, height=28, width=28, num_classes=10).module.eval()
    trace = traced(net, torch.rand(1, 1, 28, 28), backward=lambda o: F.cross_entropy(o, torch.tensor([3])))
    found = gradient(trace, "fc2.weight[0,0]", depth=9, most_terms=2)
    names = []
    while found.followed:
        for child, term in zip(found.followed, found.terms, strict=False):
            assert child.value == pytest.approx(term.upstream, rel=1e-4, abs=1e-9)
        found = found.followed[0]
        names.append(found.name.split("[")[0])
    assert names in (["fc2", "relu_3", "fc3"], [])  # a ReLU that is off ends the way


def test_the_loss_by_itself_is_one():
    trace = traced(nn.Linear(2, 2), torch.ones(1, 2))
    found = gradient(trace, "loss")
    assert (found.value, found.torch_value, found.terms) == (1.0, 1.0, ())


def test_a_number_that_changes_nothing():
    trace = traced(Net(lambda net, x: F.relu(net.layer(x)) * 0, layer=nn.Linear(2, 2)), torch.ones(1, 2))
    found = gradient(trace, "layer.weight[0,0]")
    assert (found.value, found.torch_value, found.terms, found.places) == (0.0, 0.0, (), 1)


def test_what_is_drawn_at_random_again_is_said_to_be_missing():
    def twice(net, x):
        return F.rrelu(F.rrelu(net.layer(x), training=True) - 1, training=True)

    torch.manual_seed(0)
    trace = traced(Net(twice, layer=nn.Linear(4, 4)), torch.randn(3, 4))
    found = gradient(trace, "sub[0,0]")
    assert found.missing == (("rrelu_1", "random"),)
    assert (found.value, found.terms) == (0.0, ())
    assert found.torch_value != 0


def test_what_no_recorded_operation_shows_is_said_to_be_missing():
    trace = traced(Net(lambda net, x: Square.apply(net.layer(x)), layer=nn.Linear(4, 4)), torch.ones(1, 4))
    assert gradient(trace, "layer[0,0]").missing == (("", "unseen"),)

    def through_a_view(net, x):
        y = net.layer(x).view(2, 2)
        y[0].mul_(3)
        return y * 2

    trace = traced(Net(through_a_view, layer=nn.Linear(4, 4)), torch.ones(1, 4))
    assert gradient(trace, "layer[0,0]").missing == (("", "unseen"),)


def test_operations_that_cannot_be_differentiated_twice_are_named():
    def bags(net, x):
        return F.embedding_bag(torch.tensor([[0, 1], [1, 2]]), net.layer.weight) + x

    trace = traced(Net(bags, layer=nn.Linear(4, 4)), torch.ones(2, 4))
    ((label, reason),) = gradient(trace, "layer.weight[0,0]").missing
    assert label == "embedding_bag"
    assert "forward AD" in reason


def test_an_explanation_leaves_the_random_state_alone():
    trace = traced(
        Net(lambda net, x: F.rrelu(net.layer(x), training=True), layer=nn.Linear(4, 4)), torch.randn(3, 4)
    )
    before = torch.get_rng_state()
    gradient(trace, "layer[0,0]")
    assert torch.equal(before, torch.get_rng_state())


def test_infinite_and_missing_numbers_do_not_break_it():
    trace = traced(Net(lambda net, x: net.layer(x).log(), layer=nn.Linear(2, 2)), torch.full((1, 2), -1e6))
    found = gradient(trace, "layer.bias[0]")
    assert math.isnan(found.difference) or found.difference == pytest.approx(0, abs=1e-6)
