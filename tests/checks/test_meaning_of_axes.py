"""Rules about axes and samples, on networks whose mistakes are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from glassnet.checks.folding import folded
from glassnet.checks.rules.batch_size import fixed_batch_size
from glassnet.checks.rules.dropout import dropout_in_eval
from glassnet.checks.rules.inputs import input_ignored, output_ignores_input
from glassnet.checks.rules.samples import samples_mixed
from glassnet.checks.rules.views import reshape_mixes_axes, tears
from glassnet.checks.rules.wrong_dim import wrong_dim
from glassnet.watching.observe import observe

if TYPE_CHECKING:
    from collections.abc import Callable

MEANING = (
    reshape_mixes_axes,
    samples_mixed,
    wrong_dim,
    dropout_in_eval,
    fixed_batch_size,
    input_ignored,
    output_ignores_input,
)


class Net(nn.Module):
    """A body that a test gives, with whatever layers it needs."""

    def __init__(self, body: Callable[[Net, torch.Tensor], torch.Tensor], **layers: nn.Module) -> None:
        super().__init__()
        for name, layer in layers.items():
            self.add_module(name, layer)
        self.body = body

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(self, x)


def said(net: nn.Module, images: torch.Tensor) -> list[tuple[str, str]]:
    labels = torch.arange(len(images)) % 4
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    with observe() as watcher:
        for _ in range(2):
            optimizer.zero_grad()
            F.cross_entropy(net(images), labels).backward()
            optimizer.step()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    modes, generator = [part.training for part in net.modules()], torch.get_rng_state()
    seen = watcher.seen()
    found = folded(finding for rule in MEANING for finding in rule(seen))
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())
    assert modes == [part.training for part in net.modules()]
    assert torch.equal(generator, torch.get_rng_state())
    return [(finding.code, finding.form) for finding in found if finding.severity != "note"]


PICTURES, ROWS, SEQUENCES = (12, 3, 8, 8), (12, 10), (12, 7, 6)
BROKEN = {
    "rows of colours": (
        Net(
            lambda net, x: net.fc(net.rnn(x.reshape(len(x), 8, 24))[0][:, -1]),
            rnn=nn.GRU(24, 9, batch_first=True),
            fc=nn.Linear(9, 4),
        ),
        PICTURES,
        ("reshape-mixes-axes", "torn"),
    ),
    "last states viewed": (
        Net(
            lambda net, x: net.fc(net.rnn(x)[1].view(-1, 18)),
            rnn=nn.GRU(6, 9, batch_first=True, bidirectional=True),
            fc=nn.Linear(18, 4),
        ),
        SEQUENCES,
        ("reshape-mixes-axes", "view"),
    ),
    "time taken for samples": (
        Net(lambda net, x: net.fc(net.rnn(x)[0][:, -1]), rnn=nn.LSTM(6, 9), fc=nn.Linear(9, 4)),
        SEQUENCES,
        ("samples-mixed", "batch_first"),
    ),
    "attention over samples": (
        Net(
            lambda net, x: net.fc(net.attention(x, x, x)[0].mean(1)),
            attention=nn.MultiheadAttention(6, 2),
            fc=nn.Linear(6, 4),
        ),
        SEQUENCES,
        ("samples-mixed", "batch_first"),
    ),
    "normalised over samples": (
        Net(lambda net, x: net.fc(F.normalize(x, dim=0)), fc=nn.Linear(10, 4)),
        ROWS,
        ("wrong-dim", "samples"),
    ),
    "mean over samples": (
        Net(lambda net, x: net.fc(x - x.mean(0)), fc=nn.Linear(10, 4)),
        ROWS,
        ("wrong-dim", "samples"),
    ),
    "attention over queries": (
        Net(
            lambda net, x: net.fc(((x @ x.transpose(1, 2)).softmax(1) @ net.value(x)).mean(1)),
            value=nn.Linear(6, 6),
            fc=nn.Linear(6, 4),
        ),
        SEQUENCES,
        ("wrong-dim", "attention"),
    ),
    "dropout by function": (
        Net(lambda net, x: net.fc(F.dropout(x)), fc=nn.Linear(10, 4)),
        ROWS,
        ("dropout-in-eval", "main"),
    ),
    "twelve written down": (
        Net(lambda net, x: net.fc(x.view(12, -1)), fc=nn.Linear(192, 4)),
        PICTURES,
        ("fixed-batch-size", "main"),
    ),
    "one channel": (
        Net(lambda net, x: net.fc(x[:, :1].flatten(1)), fc=nn.Linear(64, 4)),
        PICTURES,
        ("input-ignored", "channels"),
    ),
    "another tensor": (
        Net(lambda net, x: net.fc(torch.rand(12, 10)), fc=nn.Linear(10, 4)),
        ROWS,
        ("output-ignores-input", "unreached"),
    ),
}


def shuffled(x: torch.Tensor, groups: int) -> torch.Tensor:
    count, channels, height, width = x.shape
    x = x.view(count, groups, channels // groups, height, width).transpose(1, 2)
    return x.reshape(count, channels, height, width)


def in_windows(x: torch.Tensor) -> torch.Tensor:
    count, channels, height, width = x.shape
    x = x.permute(0, 2, 3, 1).view(count, height // 4, 4, width // 4, 4, channels)
    return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, 16, channels)


SOUND = {
    "channel shuffle": (
        Net(
            lambda net, x: net.fc(shuffled(net.conv(x), 2).mean((2, 3))),
            conv=nn.Conv2d(3, 8, 3),
            fc=nn.Linear(8, 4),
        ),
        PICTURES,
    ),
    "windows": (
        Net(
            lambda net, x: net.fc(net.mix(in_windows(x)).reshape(len(x), 4, -1).mean(1)),
            mix=nn.Linear(3, 5),
            fc=nn.Linear(80, 4),
        ),
        PICTURES,
    ),
    "patches": (
        Net(
            lambda net, x: net.fc(net.patch(x).flatten(2).transpose(1, 2).mean(1)),
            patch=nn.Conv2d(3, 6, 4, 4),
            fc=nn.Linear(6, 4),
        ),
        PICTURES,
    ),
    "pixel shuffle": (
        Net(
            lambda net, x: net.fc(F.pixel_shuffle(net.conv(x), 2).mean((2, 3))),
            conv=nn.Conv2d(3, 16, 3),
            fc=nn.Linear(4, 4),
        ),
        PICTURES,
    ),
    "heads": (
        Net(
            lambda net, x: net.fc(
                F.scaled_dot_product_attention(*[x.view(len(x), 7, 2, 3).transpose(1, 2)] * 3)
                .transpose(1, 2)
                .reshape(len(x), 7, 6)
                .mean(1)
            ),
            fc=nn.Linear(6, 4),
        ),
        SEQUENCES,
    ),
    "attention over keys": (
        Net(lambda net, x: net.fc(((x @ x.transpose(1, 2)).softmax(-1) @ x).mean(1)), fc=nn.Linear(6, 4)),
        SEQUENCES,
    ),
    "groups by hand": (
        Net(
            lambda net, x: net.fc(
                (g := net.conv(x).view(len(x), 2, -1)).sub(g.mean(-1, keepdim=True)).flatten(1)
            ),
            conv=nn.Conv2d(3, 8, 3),
            fc=nn.Linear(288, 4),
        ),
        PICTURES,
    ),
    "batch norm": (
        Net(lambda net, x: net.fc(net.norm(x)), norm=nn.BatchNorm1d(10), fc=nn.Linear(10, 4)),
        ROWS,
    ),
    "batch first": (
        Net(
            lambda net, x: net.fc(net.rnn(x)[0][:, -1]),
            rnn=nn.LSTM(6, 9, batch_first=True),
            fc=nn.Linear(9, 4),
        ),
        SEQUENCES,
    ),
    "zero head": (Net(lambda net, x: net.fc(x), fc=nn.Linear(10, 4)), ROWS),
    "dropout of the mode": (
        Net(lambda net, x: net.fc(F.dropout(x, training=net.training)), fc=nn.Linear(10, 4)),
        ROWS,
    ),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", BROKEN)
def test_a_mistake_is_named(name: str) -> None:
    net, shape, expected = BROKEN[name]
    torch.manual_seed(0)
    assert said(net, torch.randn(shape)) == [expected]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", SOUND)
def test_a_sound_network_is_left_alone(name: str) -> None:
    net, shape = SOUND[name]
    torch.manual_seed(0)
    assert said(net, torch.randn(shape)) == []


@given(st.integers(2, 6), st.integers(2, 6), st.integers(2, 6), st.integers(2, 6))
def test_splitting_and_merging_axes_tears_nothing(a: int, b: int, c: int, d: int) -> None:
    assert not tears((5, a * b, c * d), (5, a, b, c, d))
    assert not tears((5, a, b, c, d), (5, a * b, c * d))
    assert not tears((5, a, b, c), (5, a, b * c))


@given(st.integers(2, 9), st.integers(2, 9))
def test_a_view_that_exchanges_two_axes_tears_them(a: int, b: int) -> None:
    assert tears((5, a, b), (5, b, a)) == (a != b)
