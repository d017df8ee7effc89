"""Normalisations in both modes, from modules and from functions."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from real_calls import adds_up, called, doubles, holds


def used(module: nn.Module) -> nn.Module:
    """Give a module whose weights, biases and running statistics are not those of its birth."""
    for seed, tensor in enumerate([*module.parameters(), *module.buffers()]):
        if tensor.is_floating_point():
            tensor.data = doubles(*tensor.shape, seed=seed).abs() + 0.1 * seed
    return module.double()


MODULES = {
    "batch_norm 1d": (nn.BatchNorm1d(4), (5, 4)),
    "batch_norm 1d, sequence": (nn.BatchNorm1d(4), (5, 4, 3)),
    "batch_norm 2d": (nn.BatchNorm2d(4), (3, 4, 2, 3)),
    "batch_norm 3d": (nn.BatchNorm3d(2), (2, 2, 2, 3, 2)),
    "batch_norm, no weight": (nn.BatchNorm2d(4, affine=False), (3, 4, 2, 2)),
    "batch_norm, nothing stored": (nn.BatchNorm2d(4, track_running_stats=False, eps=0.1), (3, 4, 2, 2)),
    "layer_norm": (nn.LayerNorm(5), (2, 3, 5)),
    "layer_norm over three": (nn.LayerNorm((4, 2, 3)), (2, 4, 2, 3)),
    "layer_norm, no weight": (nn.LayerNorm(5, elementwise_affine=False, eps=1e-3), (3, 5)),
    "layer_norm, no bias": (nn.LayerNorm(5, bias=False), (3, 5)),
    "group_norm": (nn.GroupNorm(2, 6), (2, 6, 3, 2)),
    "group_norm, one group": (nn.GroupNorm(1, 6), (2, 6, 3)),
    "group_norm, no weight": (nn.GroupNorm(3, 6, affine=False), (2, 6)),
    "instance_norm": (nn.InstanceNorm2d(3), (2, 3, 4, 4)),
    "instance_norm with weight": (nn.InstanceNorm1d(3, affine=True), (2, 3, 5)),
    "instance_norm, stored": (nn.InstanceNorm2d(3, affine=True, track_running_stats=True), (2, 3, 4, 4)),
    "rms_norm": (nn.RMSNorm(5), (2, 3, 5)),
    "rms_norm over two": (nn.RMSNorm((3, 5), eps=0.01), (2, 3, 5)),
    "local_response_norm": (nn.LocalResponseNorm(3, alpha=0.5), (2, 6, 3, 3)),
    "local_response_norm, even": (nn.LocalResponseNorm(4, beta=0.5, k=2.0), (2, 6, 5)),
}
FUNCTIONAL = {
    "batch_norm": lambda x: F.batch_norm(x, None, None, training=True),
    "batch_norm, by name": lambda x: F.batch_norm(
        x, running_mean=x.mean((0, 2, 3)), running_var=x.var((0, 2, 3)), eps=0.2
    ),
    "torch.batch_norm": lambda x: torch.batch_norm(
        x, x[0, :, 0, 0], x[1, :, 0, 0], x[0, :, 1, 1], x.var((0, 2, 3)), False, 0.1, 1e-5, False
    ),
    "torch.instance_norm": lambda x: torch.instance_norm(
        x, x[0, :, 0, 0], x[1, :, 0, 0], None, None, True, 0.1, 1e-5, False
    ),
    "weight standardisation": lambda x: F.batch_norm(
        x.reshape(1, 2, -1), None, None, weight=x[0, :2, 0, 0], training=True, momentum=0.0, eps=1e-8
    ),
    "layer_norm": lambda x: F.layer_norm(x, x.shape[2:]),
    "torch.layer_norm": lambda x: torch.layer_norm(x, [4], x[0, 0, 0], x[0, 0, 1], 1e-5, False),
    "group_norm": lambda x: F.group_norm(x, 3),
    "torch.group_norm": lambda x: torch.group_norm(x, 2, x[0, :, 0, 0], x[1, :, 0, 0]),
    "instance_norm": F.instance_norm,
    "rms_norm": lambda x: F.rms_norm(x, (4,), x[0, 0, 0]),
    "local_response_norm": lambda x: F.local_response_norm(x, 5, 0.2),
    "normalize": F.normalize,
    "normalize, last": lambda x: F.normalize(x, dim=-1),
    "normalize, sizes": lambda x: F.normalize(x, p=1.0, dim=2),
    "normalize, largest": lambda x: F.normalize(x, p=math.inf, dim=1),
    "normalize over two": lambda x: F.normalize(x, p=3, dim=(1, 2)),
    "normalize of little": lambda x: F.normalize(x / 1e15),
    "cosine_similarity": lambda x: F.cosine_similarity(x, x.flip(0)),
    "cosine_similarity, module": lambda x: nn.CosineSimilarity(dim=-1)(x, x[:1]),
}


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("name", MODULES)
def test_modules(name, training):
    module, shape = MODULES[name]
    for done in holds(called(used(module).train(training), doubles(*shape, seed=9))):
        assert done.kind == "normalisation"
        assert adds_up(done)


@pytest.mark.parametrize("name", FUNCTIONAL)
def test_functions(name):
    for done in holds(called(FUNCTIONAL[name], doubles(2, 6, 3, 4))):
        assert adds_up(done)


@given(
    groups=st.sampled_from([1, 2, 3, 6]),
    sides=st.lists(st.integers(1, 3), max_size=3),
    eps=st.sampled_from([1e-5, 0.5]),
)
@settings(max_examples=30, deadline=None)
def test_groups_of_any_size(groups, sides, eps):
    x = doubles(2, 6, *sides)
    if x[0].numel() // groups < 2:
        return
    holds(called(lambda: F.group_norm(x, groups, eps=eps)), at_most=10)


def test_batch_norm_by_hand():
    """A channel with mean 0.1 and variance 0.04."""
    norm = nn.BatchNorm1d(1).eval()
    norm.running_mean.fill_(0.1)
    norm.running_var.fill_(0.04)
    norm.weight.data.fill_(1.2)
    norm.bias.data.fill_(0.3)
    done = called(norm, torch.tensor([[0.5]])).expand(0, 0)
    assert done.formula == "(input − running_mean)/√(running_var + eps)·weight + bias"
    assert done.worked == "(0.5 − 0.1)/√(0.04 + 1e-05)·1.2 + 0.3"
    assert done.value == pytest.approx(0.4 / math.sqrt(0.04001) * 1.2 + 0.3)
    assert [n.operand for n in done.terms[0].numbers] == [
        "input",
        "running_mean",
        "running_var",
        "eps",
        "weight",
    ]
    assert done.terms[1].value == pytest.approx(0.3)


def test_in_training_the_facts_say_over_what_was_taken():
    x = torch.tensor([[[1.0, 3.0]], [[5.0, 7.0]]])  # 2 samples, 1 channel: mean 4, variance (9+1+1+9)/4 = 5
    done = called(nn.BatchNorm1d(1, affine=False).train(), x).expand(1, 0, 1)
    assert done.facts == {"mean": 4, "variance": 5, "count": 4, "over": "input[:, 0, :]", "eps": 1e-5}
    assert done.worked == "(7 − 4)/√(5 + 1e-05)"
    layer = called(nn.LayerNorm(2), x).expand(1, 0, 1)
    assert (layer.facts["mean"], layer.facts["variance"], layer.facts["over"]) == (6, 1, "input[1, 0, :]")
    assert layer.worked == "(7 − 6)/√(1 + 1e-05)·1 + 0"
    group = called(nn.GroupNorm(2, 4), doubles(3, 4, 2).float()).expand(1, 2, 1)
    assert (group.facts["count"], group.facts["over"]) == (4, "input[1, 2:4, :]")


def test_others_by_hand():
    x = torch.tensor([[3.0, 4.0]])
    assert called(F.normalize, x).expand(0, 1).worked == "4/max(5, 1e-12)"
    assert called(F.normalize, x).expand(0, 1).value == pytest.approx(0.8)
    rms = called(nn.RMSNorm(2, eps=0.5), x).expand(0, 0)
    assert rms.worked == "3/√(12.5 + 0.5)·1"
    assert rms.value == pytest.approx(3 / math.sqrt(13))
    local = called(
        nn.LocalResponseNorm(3, alpha=1.0, beta=1.0, k=1.0), torch.tensor([[[1.0], [2.0], [3.0], [4.0]]])
    )
    assert local.expand(0, 1, 0).value == pytest.approx(2 / (1 + (1 + 4 + 9) / 3))
    edge = local.expand(0, 0, 0)
    assert edge.value == pytest.approx(1 / (1 + (1 + 4) / 3))
    assert edge.facts["padded"] == 1
    assert edge.worked == "1/(1 + 1·(1² + 2²)/3)^1"
    same = called(F.cosine_similarity, x, torch.tensor([[4.0, 3.0]])).expand(0)
    assert same.value == pytest.approx(24 / 25)
    assert same.worked == "(3·4 + 4·3)/(5·5)"


def test_what_has_no_spread():
    """Variance 0 and eps 0 give NaN, as in PyTorch."""
    holds(called(lambda: F.layer_norm(torch.ones(2, 3, dtype=torch.float64), (3,), eps=0.0)))
