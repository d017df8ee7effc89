"""Addresses of numbers: what they find, and the words where they find nothing."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from glassnet.arithmetic.address import find, name_of, parse_address
from glassnet.errors import UsageError
from glassnet.nets.build import build
from glassnet.trace.record import record


@pytest.fixture(scope="module")
def trace():
    net = build("lenet", in_channels=1, height=28, width=28, num_classes=10).module.eval()
    images = torch.linspace(0, 1, 784).reshape(1, 1, 28, 28)
    return record(net, images, keep="all", backward=lambda output: output.logsumexp(1).sum())


@pytest.mark.parametrize(
    ("text", "name", "shape"),
    [
        ("conv1[0,3,5,7]", "conv1", (1, 6, 24, 24)),
        (" conv1 [ 0, 3,5 ,7] ", "conv1", (1, 6, 24, 24)),
        ("relu_1[0,0,0,0]", "relu_1", (1, 16, 8, 8)),
        ("pool:2[0,0,0,0]", "pool:2", (1, 16, 4, 4)),
        ("pool:1[0,0,0,0]", "pool", (1, 6, 12, 12)),
        ("images[0,0,5,5]", "images", (1, 1, 28, 28)),
        ("conv1.weight[0,0,1,1]", "conv1.weight", (6, 1, 5, 5)),
        ("conv1.conv2d[0,0,0,0]", "conv1.conv2d", (1, 6, 24, 24)),
        ("output[0,9]", "output", (1, 10)),
        ("loss", "loss", ()),
    ],
)
def test_what_an_address_names(trace, text, name, shape):
    place = find(trace, text)
    assert place.name == name
    assert trace.values[place.value].shape == shape
    assert len(place.index) == len(shape)


def test_negative_indexes_count_from_the_end(trace):
    place = find(trace, "conv1[-1,-1,-24,0]")
    assert place.index == (0, 5, 0, 0)
    assert place.written == "conv1[0,5,0,0]"


def test_every_value_is_found_by_its_name(trace):
    for value in trace.values:
        name = name_of(trace, value.number)
        place = find(trace, f"{name}[{','.join('0' * len(value.shape))}]" if value.shape else name)
        assert place.value == value.number


def test_a_tensor_of_one_number_needs_no_index():
    trace = record(nn.Linear(2, 1), torch.ones(1, 2), keep="all")
    assert find(trace, "output").index == (0, 0)
    assert find(trace, "bias").index == (0,)


def test_the_first_of_several_calls_is_said(trace):
    assert find(trace, "pool[0,0,0,0]").notes == (("first_of_calls", {"name": "pool", "count": "2"}),)
    assert find(trace, "pool:1[0,0,0,0]").notes == ()


def test_the_first_of_several_tensors_is_said():
    trace = record(nn.LSTM(3, 2), torch.ones(4, 3), keep="all")
    assert find(trace, "output[0,0]").value == trace.output[0].value
    net = nn.Sequential(nn.LSTM(3, 2))
    ((key, fields),) = find(record(net, torch.ones(4, 3), keep="all"), "0[0,0]").notes
    assert (key, fields["count"], fields["others"]) == ("first_of_tensors", "3", "0.squeeze_1, 0.squeeze_2")


def test_modules_come_before_operations_of_the_same_name():
    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.relu = nn.ReLU()

        def forward(self, x):
            return torch.relu(x) + self.relu(-x)

    trace = record(Both(), torch.ones(2), keep="all")
    place = find(trace, "relu[0]")
    assert trace.kept[place.value][0] == 0
    assert place.notes == (("also_operation", {"name": "relu"}),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "conv3[0,0,0,0]",
            "the network has no such value\n"
            "  got: 'conv3'\n"
            "  expected: images, conv1, relu, pool, conv2, relu_1, pool:2, flatten, fc1, relu_2, fc2, relu_3, fc3, "
            "logsumexp, loss\n"
            "  hint: did you mean 'conv2'?",
        ),
        (
            "conv1[0,3,5,24]",
            "conv1 has no number there\n"
            "  where: conv1[0,3,5,24]\n"
            "  got: 24 on axis 3 (axes count from 0)\n"
            "  expected: -24 to 23: its shape is 1×6×24×24",
        ),
        (
            "conv1[0,3]",
            "conv1 has 4 axes, and 2 indexes are given\n"
            "  where: conv1[0,3]\n"
            "  expected: its shape is 1×6×24×24\n"
            '  hint: "conv1[0,3,0,0]"',
        ),
        (
            "fc1",
            "fc1 has 2 axes, and 0 indexes are given\n"
            "  where: fc1\n"
            "  expected: its shape is 1×120\n"
            '  hint: "fc1[0,0]"',
        ),
        ("loss[0]", "loss has 0 axes, and 1 index is given\n  where: loss[0]\n  expected: its shape is one number\n"
                    '  hint: "loss"'),
        ("pool:3[0,0,0,0]", "pool was called 2 times in this pass\n  got: pool:3"),
        ("conv1:2[0,0,0,0]", "conv1 was called once in this pass\n  got: conv1:2"),
        ("conv1:0[0,0,0,0]", "the calls of a module count from 1\n  got: 'conv1:0[0,0,0,0]'\n  expected: conv1:1 for the first"),
        (
            "conv1[0,3,:,0]",
            "an address names one number\n  got: 'conv1[0,3,:,0]'\n"
            '  expected: a name and one whole number for each axis: "conv1[0,3,5,7]"',
        ),
        (
            "conv1[0,3",
            "this is no address of a number\n  got: 'conv1[0,3'\n"
            '  expected: a name and one whole number for each axis: "conv1[0,3,5,7]"',
        ),
    ],
)  # fmt: skip
def test_the_words_of_errors(trace, text, words):
    with pytest.raises(UsageError) as error:
        find(trace, text)
    assert str(error.value) == words


def test_a_module_that_was_not_called():
    class Lazy(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.unused = nn.Linear(2, 2), nn.Linear(2, 2)

        def forward(self, x):
            return self.used(x)

    with pytest.raises(
        UsageError, match="the module unused was not called in this pass, so it has no numbers"
    ):
        find(record(Lazy(), torch.ones(1, 2), keep="all"), "unused[0,0]")


def test_without_a_loss():
    with pytest.raises(UsageError, match="no loss was computed in this pass"):
        find(record(nn.Linear(2, 2), torch.ones(1, 2), keep="all"), "loss")


def test_parsing_gives_a_plain_address():
    address = parse_address("layer1.0.conv1:2[-1, 3,]")
    assert (address.name, address.nth, address.index) == ("layer1.0.conv1", 2, (-1, 3))
