"""Dropout in both modes: the mask is what came out."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from real_calls import called, doubles, holds

MODULES = {
    "dropout": (nn.Dropout(0.4), (4, 5)),
    "dropout in place": (nn.Dropout(0.4, inplace=True), (4, 5)),
    "dropout1d": (nn.Dropout1d(0.5), (4, 3, 5)),
    "dropout1d, no batch": (nn.Dropout1d(0.5), (6, 5)),
    "dropout2d": (nn.Dropout2d(0.5), (4, 3, 2, 2)),
    "dropout3d": (nn.Dropout3d(0.5), (4, 3, 2, 2, 2)),
    "dropout3d, no batch": (nn.Dropout3d(0.5), (6, 2, 2, 2)),
    "alpha_dropout": (nn.AlphaDropout(0.3), (4, 5)),
    "feature_alpha_dropout": (nn.FeatureAlphaDropout(0.3), (4, 3, 2, 2)),
    "all dropped": (nn.Dropout(1.0), (3, 3)),
    "none dropped": (nn.Dropout(0.0), (3, 3)),
    "all replaced": (nn.AlphaDropout(1.0), (3, 3)),
}
FUNCTIONAL = {
    "dropout": F.dropout,
    "not in training": lambda x: F.dropout(x, training=False),
    "torch.dropout": lambda x: torch.dropout(x, 0.5, True),
    "torch.dropout, by name": lambda x: torch.dropout(x, p=0.5, train=False),
    "feature_dropout": lambda x: torch.feature_dropout(x, 0.5, True),
    "alpha_dropout": lambda x: F.alpha_dropout(x, 0.5, training=True),
}


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("name", MODULES)
def test_modules(name, training):
    torch.manual_seed(1)
    module, shape = MODULES[name]
    x = doubles(*shape)
    x.view(-1)[::7] = 0
    call = called(module.train(training), x)
    for done in holds(call, at_most=100):
        assert done.kind == ("dropout" if training and getattr(module, "p", 1) else "copy")


@pytest.mark.parametrize("name", FUNCTIONAL)
def test_functions(name):
    torch.manual_seed(2)
    holds(called(FUNCTIONAL[name], doubles(3, 4, 5)))


def test_the_mask_is_read():
    torch.manual_seed(0)
    call = called(nn.Dropout(0.5), torch.full((40,), 0.5))
    done = [call.expand(i) for i in range(40)]
    assert {d.worked for d in done} == {"0.5·1/(1 − 0.5)", "0.5·0/(1 − 0.5)"}
    assert [d.facts["mask"] for d in done] == [int(x) for x in call.outputs[0]]
    assert {d.value for d in done} == {0.0, 1.0}


def test_a_zero_does_not_tell_whether_it_was_dropped():
    done = called(nn.Dropout(0.5), torch.zeros(1)).expand(0)
    assert (done.value, done.facts) == (0, {"p": 0.5})


def test_a_zero_in_a_channel_does():
    torch.manual_seed(0)
    x = torch.ones(1, 8, 2, 2)
    x[..., 0, 0] = 0
    call = called(nn.Dropout2d(0.5), x)
    masks = [call.expand(0, c, 0, 0).facts["mask"] for c in range(8)]
    assert masks == [int(bool(v)) for v in call.outputs[0][0, :, 1, 1]]
    assert set(masks) == {0, 1}


def test_alpha_dropout_keeps_mean_and_variance():
    """Klambauer et al. 2017: a² ((1 − p)·(1 + p·s²)) = 1 and b = −a·p·s."""
    torch.manual_seed(0)
    facts = called(nn.AlphaDropout(0.2), torch.ones(1)).expand(0).facts
    a, s, b = facts["a"], facts["s"], facts["b"]
    assert s == pytest.approx(-1.7580993408473766)
    assert a == pytest.approx(1 / math.sqrt(0.8 * (1 + 0.2 * s**2)))
    assert b == pytest.approx(-a * 0.2 * s)
