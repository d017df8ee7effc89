"""`check NET` without pictures: what is tried, and what is said of whole networks."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from glassnet.checks.found import find
from glassnet.nets import NETS
from glassnet.verbs.check import check
from glassnet.verbs.trial import try_noise


class Attention(nn.Module):
    """One attention over the pixels."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(16, 2, batch_first=True)
        self.head = nn.Linear(16, 5)

    def forward(self, images):
        x = images.flatten(2).transpose(1, 2)
        return self.head(self.attention(x, x, x, need_weights=False)[0].mean(1))


def told(findings) -> list[tuple[str, str]]:
    return [(one.code, one.severity) for one in findings]


def test_attention_is_seen_in_evaluation_too():
    seen = try_noise(Attention(), (16, 8, 8))
    assert not seen.unseen
    assert "multi_head_attention_forward" in [op.name for op in seen.looks[-1].trace.ops]
    assert torch.backends.mha.get_fastpath_enabled()
    assert not find(seen).bad


@pytest.mark.parametrize("net", ["glass", "mlp", "mlp-deep", "fashion-cnn", "lenet", "cifar-quick"])
def test_own_networks_are_sound(net):
    assert net in NETS
    assert not check(net, "fashion-mini", lang="en").found.bad


def test_a_network_by_name_without_any_activation():
    found = check("cifar-quick(activation=None)", "fashion-mini", lang="en").found.findings
    assert told(found) == [("no-nonlinearity", "warning")]
    assert found[0].module == "conv1"


def test_large_pictures_are_few():
    small = try_noise(nn.Sequential(nn.Flatten(), nn.Linear(3 * 16, 3)), (3, 4, 4))
    large = try_noise(nn.Sequential(nn.Flatten(), nn.Linear(3 * 64 * 64, 3)), (3, 64, 64))
    assert [len(seen.looks[0].trace.kept[0]) for seen in (small, large)] == [32, 4]


class Separable(nn.Module):
    """Each channel by itself, then channels mixed, without an activation between: one layer in two steps."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, stride=2, padding=1)
        self.depthwise = nn.Conv2d(16, 16, 3, padding=1, groups=16)
        self.pointwise = nn.Conv2d(16, 32, 1)
        self.shortcut = nn.Conv2d(16, 32, 1, stride=2)
        self.head = nn.Linear(32, 4)

    def forward(self, images):
        x = torch.relu(self.stem(images))
        way = nn.functional.max_pool2d(torch.relu(self.pointwise(self.depthwise(x))), 3, 2, 1)
        return self.head((way + self.shortcut(x)).relu().mean((2, 3)))


def test_a_separable_layer_and_a_thinned_shortcut_are_sound():
    assert told(find(try_noise(Separable(), (3, 10, 10))).findings) == []


def test_few_pictures_of_noise_are_no_tiny_batch():
    net = nn.Sequential(
        nn.Conv2d(3, 8, 64), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(8, 4)
    )  # maps of 1×1
    assert not find(try_noise(net, (3, 64, 64))).bad
