"""Structures that look like mistakes and are none: nothing above a note may be said of them."""

import pytest
import torch
import torch.nn.functional as F
from structures_for_tests import seen_of
from torch import nn

from glassnet.checks.rules.activations import activation_on_logits, activation_twice
from glassnet.checks.rules.bottleneck import narrow_bottleneck
from glassnet.checks.rules.nonlinearity import no_nonlinearity
from glassnet.checks.rules.norm_order import batchnorm_shared
from glassnet.checks.rules.registration import unregistered_module
from glassnet.checks.rules.sizes import feature_map_too_small, small_receptive_field, stride_skips_pixels
from glassnet.checks.rules.unused import unused_module, unused_result
from glassnet.watching.observe import observe

RULES = (
    unused_result, unused_module, no_nonlinearity, activation_twice, activation_on_logits, batchnorm_shared,
    unregistered_module, feature_map_too_small, small_receptive_field, stride_skips_pixels, narrow_bottleneck,
)  # fmt: skip


class InPlaceThrownAway(nn.Module):
    """An in-place activation as a statement by itself works."""

    def __init__(self):
        super().__init__()
        self.one, self.act, self.two = nn.Linear(12, 16), nn.ReLU(inplace=True), nn.Linear(16, 5)

    def forward(self, x):
        x = self.one(x.flatten(1))
        self.act(x)
        return self.two(x)


class KeptForLater(nn.Module):
    """Results that go into attributes, lists, texts or a choice are used."""

    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(12, 16), nn.Linear(16, 5)
        self.seen = []

    def forward(self, x):
        h = torch.relu(self.one(x.flatten(1)))
        self.features = F.normalize(h)
        self.seen.append(torch.tanh(h))
        mean = torch.sigmoid(h).mean()
        if mean > 100:
            self.seen.append(f"{mean:.2f}")
        return self.two(h)


class InvertedBottleneck(nn.Module):
    """A linear projection, then the next block's expansion (MobileNetV2)."""

    def __init__(self):
        super().__init__()
        self.expand = nn.Conv2d(3, 24, 1, bias=False)
        self.depthwise = nn.Conv2d(24, 24, 3, padding=1, groups=24, bias=False)
        self.project = nn.Conv2d(24, 8, 1, bias=False)
        self.expand2 = nn.Conv2d(8, 48, 1, bias=False)
        self.head = nn.Linear(48, 5)

    def forward(self, x):
        x = F.relu6(self.depthwise(F.relu6(self.expand(x))))
        x = F.relu6(self.expand2(self.project(x)))
        return self.head(x.mean((2, 3)))


class Separable(nn.Module):
    """Depthwise and pointwise convolution with nothing between (Xception)."""

    def __init__(self):
        super().__init__()
        self.depthwise, self.pointwise = nn.Conv2d(3, 3, 3, padding=1, groups=3), nn.Conv2d(3, 32, 1)
        self.head = nn.Linear(128, 5)

    def forward(self, x):
        return self.head(F.relu(self.pointwise(self.depthwise(x))).flatten(1))


class LowRank(nn.Module):
    """A factorised layer: narrower between than before and behind."""

    def __init__(self):
        super().__init__()
        self.one, self.down, self.up = nn.Linear(12, 64), nn.Linear(64, 8), nn.Linear(8, 64)
        self.out = nn.Linear(64, 5)

    def forward(self, x):
        return self.out(F.relu(self.up(self.down(F.relu(self.one(x.flatten(1)))))))


class PatchTransformer(nn.Module):
    """Patch embedding, attention with projections, and norms."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Conv2d(3, 16, 1)
        self.layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, dropout=0.0)
        self.head = nn.Linear(16, 5)

    def forward(self, x):
        return self.head(self.layer(self.embed(x).flatten(2).transpose(1, 2)).mean(1))


class SharedTower(nn.Module):
    """One tower, BatchNorm and all, for two views of a picture."""

    def __init__(self):
        super().__init__()
        self.tower = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.head = nn.Linear(64, 5)

    def forward(self, x):
        return self.head(torch.cat([self.tower(x).flatten(1), self.tower(x.flip(-1)).flatten(1)], 1))


class SharedLoop(nn.Module):
    """A layer with its BatchNorm in a loop: weights shared on purpose."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 3, 3, padding=1, bias=False), nn.BatchNorm2d(3)
        self.head = nn.Linear(12, 5)

    def forward(self, x):
        for _ in range(3):
            x = F.relu(self.norm(self.conv(x)))
        return self.head(x.flatten(1))


class LinearRecurrence(nn.Module):
    """A state that only adds up, as in state-space models."""

    def __init__(self):
        super().__init__()
        self.inp, self.state, self.out = nn.Linear(4, 16), nn.Linear(16, 16), nn.Linear(16, 5)

    def forward(self, x):
        h = torch.zeros(len(x), 16)
        for step in range(3):
            h = self.inp(x[:, step].flatten(1)) + self.state(h)
        return self.out(h)


class FrozenTeacher(nn.Module):
    """A teacher is hidden in a list so that it is not trained and not saved."""

    def __init__(self):
        super().__init__()
        self.student = nn.Linear(12, 5)
        self.teacher = [nn.Linear(12, 5)]

    def forward(self, x):
        x = x.flatten(1)
        with torch.no_grad():
            soft = self.teacher[0](x).softmax(1)
        return self.student(x) + 0 * soft


class AuxiliaryHead(nn.Module):
    """A second head that only training calls."""

    def __init__(self):
        super().__init__()
        self.body, self.head, self.aux = nn.Linear(12, 16), nn.Linear(16, 5), nn.Linear(16, 5)

    def forward(self, x):
        h = F.relu(self.body(x.flatten(1)))
        return self.head(h) + 0.3 * self.aux(h) if self.training else self.head(h)


class AveragedAfterRelu(nn.Module):
    """ReLU before the global average, as in SqueezeNet: the logits are averages."""

    def __init__(self):
        super().__init__()
        self.conv, self.last = nn.Conv2d(3, 16, 3, padding=1), nn.Conv2d(16, 5, 1)

    def forward(self, x):
        return F.relu(self.last(F.relu(self.conv(x)))).mean((2, 3))


class Decoder(nn.Module):
    """A linear layer whose result becomes a map for a transposed convolution."""

    def __init__(self):
        super().__init__()
        self.code, self.start = nn.Linear(12, 4), nn.Linear(4, 64)
        self.up, self.head = nn.ConvTranspose2d(16, 8, 2, stride=2), nn.Linear(128, 5)

    def forward(self, x):
        x = self.start(self.code(x.flatten(1))).view(-1, 16, 2, 2)
        return self.head(F.relu(self.up(x)).flatten(1))


class Embedding(nn.Module):
    """Two numbers a picture, to draw them: they are given back beside the logits."""

    def __init__(self):
        super().__init__()
        self.body, self.two, self.head = nn.Linear(12, 32), nn.Linear(32, 2), nn.Linear(2, 5)

    def forward(self, x):
        point = self.two(F.relu(self.body(x.flatten(1))))
        return self.head(point), point


class DownsamplingShortcut(nn.Module):
    """A 1×1 convolution with stride 2 beside the main way (ResNet)."""

    def __init__(self):
        super().__init__()
        self.main, self.short, self.head = nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(3, 8, 1, 2), nn.Linear(8, 5)

    def forward(self, x):
        return self.head(F.relu(self.main(x) + self.short(x)).mean((2, 3)))


class LinearOnly(nn.Module):
    """Softmax regression is a single linear layer."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(12, 5)

    def forward(self, x):
        return self.fc(x.flatten(1))


class WeightsRead(nn.Module):
    """The layer is never called, but its weights are used."""

    def __init__(self):
        super().__init__()
        self.body, self.classes = nn.Linear(12, 16), nn.Linear(16, 5, bias=False)

    def forward(self, x):
        h = F.relu(self.body(x.flatten(1)))
        return F.linear(F.normalize(h), F.normalize(self.classes.weight)) * 10


SOUND = [
    InPlaceThrownAway, KeptForLater, InvertedBottleneck, Separable, LowRank, PatchTransformer, SharedTower,
    SharedLoop, LinearRecurrence, FrozenTeacher, AuxiliaryHead, AveragedAfterRelu, Decoder, Embedding,
    DownsamplingShortcut, LinearOnly, WeightsRead,
]  # fmt: skip


@pytest.mark.parametrize("make", SOUND, ids=lambda make: make.__name__)
def test_a_sound_structure_gets_nothing_above_a_note(make):
    seen = seen_of(make)
    assert seen.looks
    assert [found for rule in RULES for found in rule(seen) if found.severity != "note"] == []


def test_the_rules_say_nothing_of_nothing():
    with observe() as watcher:
        pass
    assert [found for rule in RULES for found in rule(watcher.seen())] == []
