"""Rules about what losses and outputs mean, on trainings whose mistakes are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from glassnet.checks.folding import folded
from glassnet.checks.rules.bce import bce_wrong_range
from glassnet.checks.rules.broadcast import loss_broadcasts
from glassnet.checks.rules.classes import label_out_of_range, outputs_not_classes
from glassnet.checks.rules.dtypes import wrong_dtype
from glassnet.checks.rules.nll import nll_without_log_softmax
from glassnet.checks.rules.no_gradient import loss_without_gradient
from glassnet.checks.rules.softmax import softmax_before_cross_entropy, softmax_twice
from glassnet.checks.rules.targets import regression_loss_on_classes
from glassnet.checks.wording import in_words
from glassnet.watching.observe import observe

if TYPE_CHECKING:
    from glassnet.checks.finding import Finding

Step = Callable[[nn.Module, torch.Tensor, torch.Tensor], torch.Tensor]
MEANING = (
    softmax_before_cross_entropy,
    softmax_twice,
    nll_without_log_softmax,
    bce_wrong_range,
    loss_broadcasts,
    outputs_not_classes,
    label_out_of_range,
    wrong_dtype,
    loss_without_gradient,
    regression_loss_on_classes,
)


def said(net: nn.Module, loss: Step, labels: torch.Tensor, *, features: int = 8) -> list[Finding]:
    """Train for three steps and give what the rules say; each finding has words in both languages."""
    torch.manual_seed(0)
    images = torch.randn(len(labels), features)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    with observe() as watcher:
        try:
            for _ in range(3):
                optimizer.zero_grad()
                loss(net, images, labels).backward()
                optimizer.step()
        except (RuntimeError, IndexError, ValueError) as error:
            watcher.crashed(error)
    seen = watcher.seen()
    found = folded(finding for rule in MEANING for finding in rule(seen))
    for finding in found:
        assert in_words(finding, "en").message
        assert in_words(finding, "zh").mend
    return [finding for finding in found if finding.severity != "note"]


def codes(found: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.code, finding.form) for finding in found]


@pytest.fixture
def labels() -> torch.Tensor:
    return torch.arange(20) % 5


def linear(outputs: int = 5) -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, outputs))


BROKEN: dict[str, tuple[nn.Module, Step, tuple[str, str]]] = {
    "softmax layer": (
        nn.Sequential(linear(), nn.Softmax(1)),
        lambda net, x, y: F.cross_entropy(net(x), y),
        ("softmax-before-cross-entropy", "function"),
    ),
    "softmax through views and casts": (
        linear(),
        lambda net, x, y: F.cross_entropy(F.softmax(net(x), 1).double().view(-1, 5), y),
        ("softmax-before-cross-entropy", "function"),
    ),
    "softmax by hand": (
        linear(),
        lambda net, x, y: F.cross_entropy((e := net(x).exp()) / e.sum(1, keepdim=True), y),
        ("softmax-before-cross-entropy", "function"),
    ),
    "log-softmax of softmax": (
        linear(),
        lambda net, x, y: F.nll_loss(F.log_softmax(net(x).softmax(1), 1), y),
        ("softmax-twice", "main"),
    ),
    "likelihood of scores": (
        linear(),
        lambda net, x, y: F.nll_loss(net(x), y),
        ("nll-without-log-softmax", "logits"),
    ),
    "likelihood of probabilities": (
        linear(),
        lambda net, x, y: F.nll_loss(net(x).softmax(1), y),
        ("nll-without-log-softmax", "softmax"),
    ),
    "likelihood by hand": (
        linear(),
        lambda net, x, y: -net(x)[torch.arange(len(y)), y].mean(),
        ("nll-without-log-softmax", "logits"),
    ),
    "divergence of probabilities": (
        linear(),
        lambda net, x, y: F.kl_div(net(x).softmax(1), F.one_hot(y, 5).float(), reduction="batchmean"),
        ("nll-without-log-softmax", "divergence"),
    ),
    "sigmoid with logits": (
        linear(1),
        lambda net, x, y: F.binary_cross_entropy_with_logits(net(x).sigmoid()[:, 0], (y > 2).float()),
        ("bce-wrong-range", "twice"),
    ),
    "targets from -1 to 1": (
        linear(1),
        lambda net, x, y: F.binary_cross_entropy_with_logits(net(x)[:, 0], (y > 2) * 2.0 - 1),
        ("bce-wrong-range", "targets"),
    ),
    "scores without sigmoid": (
        linear(1),
        lambda net, x, y: F.binary_cross_entropy(net(x)[:, 0], (y > 2).float()),
        ("bce-wrong-range", "crash"),
    ),
    "column against row": (
        linear(1),
        lambda net, x, y: F.mse_loss(net(x), x.sum(1)),
        ("loss-broadcasts", "main"),
    ),
    "column against row by hand": (
        linear(1),
        lambda net, x, y: ((net(x) - x.sum(1)) ** 2).mean(),
        ("loss-broadcasts", "main"),
    ),
    "one output for cross-entropy": (
        linear(1),
        lambda net, x, y: F.cross_entropy(net(x), torch.zeros_like(y)),
        ("outputs-not-classes", "one"),
    ),
    "too few outputs": (
        linear(3),
        lambda net, x, y: F.cross_entropy(net(x), y),
        ("outputs-not-classes", "crash"),
    ),
    "labels from one on": (
        linear(5),
        lambda net, x, y: F.cross_entropy(net(x), y + 1),
        ("label-out-of-range", "from_one"),
    ),
    "labels below zero": (
        linear(5),
        lambda net, x, y: F.cross_entropy(net(x), y - 1),
        ("label-out-of-range", "negative"),
    ),
    "labels as floats": (
        linear(5),
        lambda net, x, y: F.cross_entropy(net(x), y.float()),
        ("wrong-dtype", "crash"),
    ),
    "a vector of losses": (
        linear(5),
        lambda net, x, y: F.cross_entropy(net(x), y, reduction="none"),
        ("loss-without-gradient", "not_scalar"),
    ),
    "a loss made anew": (
        linear(5),
        lambda net, x, y: torch.tensor(F.cross_entropy(net(x), y).item(), requires_grad=True),
        ("loss-without-gradient", "made_new"),
    ),
    "squares against class numbers": (
        linear(5),
        lambda net, x, y: F.mse_loss(net(x), y.unsqueeze(1).float()),
        ("regression-loss-on-classes", "columns"),
    ),
}

SOUND: dict[str, tuple[nn.Module, Step]] = {
    "cross-entropy": (linear(), lambda net, x, y: F.cross_entropy(net(x), y)),
    "soft labels": (linear(), lambda net, x, y: F.cross_entropy(net(x), F.one_hot(y, 5) * 0.9 + 0.02)),
    "log of softmax": (linear(), lambda net, x, y: F.nll_loss(torch.log(net(x).softmax(1) + 1e-8), y)),
    "cross-entropy of log-probabilities": (
        linear(),
        lambda net, x, y: F.cross_entropy(torch.log(net(x).softmax(1)), y),
    ),
    "distillation": (
        linear(),
        lambda net, x, y: F.kl_div(F.log_softmax(net(x) / 2, 1), x[:, :5].softmax(1), reduction="batchmean"),
    ),
    "focal loss": (
        linear(),
        lambda net, x, y: (
            ((1 - (p := F.log_softmax(net(x), 1).gather(1, y[:, None])).exp()) ** 2) * -p
        ).mean(),
    ),
    "expected accuracy": (linear(), lambda net, x, y: -net(x).softmax(1)[torch.arange(len(y)), y].mean()),
    "several labels": (
        linear(),
        lambda net, x, y: F.binary_cross_entropy_with_logits(net(x), (x[:, :5] > 0).float()),
    ),
    "autoencoder": (
        linear(8),
        lambda net, x, y: F.binary_cross_entropy(net(x).sigmoid(), x.sigmoid()),
    ),
    "regression with a column": (linear(1), lambda net, x, y: F.mse_loss(net(x), x.sum(1, keepdim=True))),
    "squares against one-hot": (
        linear(),
        lambda net, x, y: F.mse_loss(net(x).softmax(1), F.one_hot(y, 5).float()),
    ),
    "one target for all": (linear(1), lambda net, x, y: F.mse_loss(net(x), torch.ones(1))),
    "pairwise distances": (
        linear(),
        lambda net, x, y: ((z := net(x))[:, None] - z[None]).square().sum(-1).mul(y[:, None] == y).mean(),
    ),
    "quantiles": (
        linear(3),
        lambda net, x, y: torch.maximum((d := x.sum(1, keepdim=True) - net(x)) * 0.1, d * -0.9).mean(),
    ),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", BROKEN)
def test_a_mistake_is_named(name: str, labels: torch.Tensor) -> None:
    net, loss, expected = BROKEN[name]
    found = said(net, loss, labels)
    assert codes(found) == [expected]
    assert found[0].source is not None
    assert found[0].source.file == __file__


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", SOUND)
def test_a_sound_loss_is_left_alone(name: str, labels: torch.Tensor) -> None:
    net, loss = SOUND[name]
    assert codes(said(net, loss, labels)) == []
