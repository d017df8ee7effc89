"""One number as a tree: each number in it is checked against PyTorch's, and the terms add up."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from glassnet.arithmetic.address import find
from glassnet.arithmetic.explain import explain
from glassnet.nets.build import build
from glassnet.trace.record import record


@pytest.fixture(scope="module")
def trace():
    torch.manual_seed(0)
    net = build("fashion-cnn", in_channels=1, height=28, width=28, num_classes=10).module.eval()
    return record(
        net, torch.rand(1, 1, 28, 28), keep="all", backward=lambda o: F.cross_entropy(o, torch.tensor([3]))
    )


def explained(trace, address, **options):
    place = find(trace, address)
    return explain(trace, place.value, place.index, **options)


def nodes(found):
    yield found
    for branch in found.branches:
        for child in branch.children:
            yield from nodes(child)


def test_every_number_of_a_tree_agrees_with_pytorch(trace):
    tree = list(nodes(explained(trace, "loss", depth=40, most_terms=2)))
    assert any(node.name.startswith("conv1[") for node in tree)
    for node in tree:
        assert node.expansion is not None
        assert node.difference == pytest.approx(0, abs=1e-5)


def test_a_tree_goes_back_to_the_picture(trace):
    chain = list(nodes(explained(trace, "conv2[0,1,3,3]", depth=9, most_terms=1)))
    names = [node.name.split("[")[0] for node in chain]
    assert names == ["conv2", "max_pool2d", "relu", "batch_norm1", "conv1"]
    assert chain[-1].operands["input"] == "images"
    assert chain[-1].branches[0].children == ()


def test_the_largest_terms_are_followed_and_the_rest_is_summed(trace):
    found = explained(trace, "fc1[0,7]", depth=2, most_terms=3)
    parts = [abs(term.value) for term in found.expansion.terms if len(term.numbers) == 2]  # not the bias
    assert [abs(branch.term.value) for branch in found.branches] == sorted(parts, reverse=True)[:3]
    count, rest = found.rest
    assert count == len(found.expansion.terms) - 3
    assert math.fsum([rest, *(branch.term.value for branch in found.branches)]) == pytest.approx(found.value)


def test_depth_one_follows_nothing(trace):
    found = explained(trace, "fc1[0,7]")
    assert (found.branches, found.rest) == ((), (0, 0.0))


def test_a_reshaping_does_not_count_as_depth(trace):
    found = explained(trace, "fc1[0,7]", depth=2, most_terms=400)
    child = next(child for branch in found.branches for child in branch.children)
    assert child.expansion.kind == "copy"
    assert child.branches[0].children[0].name.startswith("max_pool2d_2[")


def test_of_a_maximum_the_winner_is_followed(trace):
    found = explained(trace, "max_pool2d[0,0,4,4]", depth=2, most_terms=4)
    (branch,) = found.branches
    assert branch.term.value == found.value


def test_numbers_that_were_there_before(trace):
    for address, kind in (("images[0,0,3,3]", "input"), ("conv1.weight[0,0,1,1]", "parameter"),
                          ("batch_norm1.running_mean[2]", "buffer")):  # fmt: skip
        found = explained(trace, address, depth=5)
        assert (found.kind, found.expansion, found.unexpanded, found.difference) == (kind, None, None, 0.0)


def test_an_operation_without_a_rule_shows_what_it_reads():
    class Strange(nn.Module):
        def forward(self, x):
            return torch.linalg.inv(x)

    trace = record(Strange(), torch.eye(3), keep="all")
    found = explained(trace, "linalg_inv[0,0]")
    assert (found.expansion, found.unexpanded, found.value, found.torch_value) == (None, "", None, 1.0)
    assert list(found.operands.values()) == ["images"]
    assert found.difference is None


def test_what_was_not_seen_is_said():
    class ThroughNumPy(nn.Module):
        def forward(self, x):
            return torch.from_numpy(x.numpy() * 2)

    trace = record(nn.Sequential(ThroughNumPy()), torch.ones(1, 2), keep="all")
    found = explained(trace, "output[0,0]")
    assert found.value is None
    assert found.unexpanded is not None


def test_in_place_operations_read_what_was_there_before():
    class InPlace(nn.Module):
        def forward(self, x):
            y = x * 2
            y += 1
            y[0] = 9
            return y

    trace = record(InPlace(), torch.tensor([3.0, -4.0]), keep="all")
    assert explained(trace, "output[1]").torch_value == -7
    sum_ = next(op for op in trace.ops if op.name in ("iadd", "add_"))
    assert explain(trace, sum_.outputs[0], (0,)).value == 7
