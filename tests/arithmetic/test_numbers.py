"""Numbers on a line: short, in brackets where they must be, and the line right when worked out again."""

import math
import re

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from glassnet.arithmetic.numbers import factor, joined, short, written

from real_calls import called, doubles


@given(st.floats(-1e300, 1e300))
def test_short_loses_no_more_than_four_digits(x):
    back = float(short(x).replace("−", "-"))
    assert back == pytest.approx(x, rel=6e-4)
    assert len(short(x)) <= 11
    assert ("−" in short(x)) == (x < 0)


@given(st.lists(st.integers(-99, 99), min_size=1, max_size=40))
def test_a_line_is_short_and_all_of_a_short_sum(numbers):
    pieces = joined(numbers).split(" + ")
    assert len(pieces) == (len(numbers) if len(numbers) <= 12 else 5)
    assert pieces[0] == short(numbers[0])
    assert len(numbers) == 1 or pieces[-1] == factor(numbers[-1])


def test_names_are_whole_words():
    assert written("max(x, exp(x_max))", {"x": 1.0}) == "max(1, exp(x_max))"
    assert written("a·b", {"a": "b", "b": 2.0}) == "b·2"
    assert written("2^x", {}) == "2^x"


PYTHON = (("−", "-"), ("·", "*"), ("²", "**2"), ("³", "**3"), ("^", "**"), ("√", "sqrt"), ("π", "pi"))


def worked_out(line: str) -> float:
    """Work a line out again, with Python."""
    line = re.sub(r"√(\d+)", r"sqrt(\1)", line)
    for sign, python in PYTHON:
        line = line.replace(sign, python)
    line = re.sub(r"\|([^|]*)\|", r"abs(\1)", line)
    names = {**vars(math), "ln": math.log, "max": max, "min": min, "abs": abs, "trunc": math.trunc}
    return eval(line, {"__builtins__": {}}, names)


LINES = {
    "relu": nn.ReLU(),
    "leaky_relu": nn.LeakyReLU(),
    "elu": nn.ELU(),
    "selu": nn.SELU(),
    "celu": nn.CELU(),
    "gelu": nn.GELU(),
    "gelu tanh": nn.GELU("tanh"),
    "silu": nn.SiLU(),
    "mish": nn.Mish(),
    "sigmoid": nn.Sigmoid(),
    "logsigmoid": nn.LogSigmoid(),
    "hardswish": nn.Hardswish(),
    "hardtanh": nn.Hardtanh(),
    "softshrink": nn.Softshrink(),
    "tanhshrink": nn.Tanhshrink(),
    "softplus": nn.Softplus(),
    "softsign": nn.Softsign(),
    "glu": nn.GLU(),
    "layer_norm": nn.LayerNorm(4).double(),
    "batch_norm": nn.BatchNorm1d(4).double(),
    "rms_norm": nn.RMSNorm(4).double(),
    "normalize": F.normalize,
    "softmax": nn.Softmax(dim=1),
    "log_softmax": nn.LogSoftmax(dim=1),
    "sum": torch.sum,
    "mean": torch.mean,
    "std": lambda x: x.std(1),
    "norm": torch.norm,
    "norm 3": lambda x: x.norm(3, dim=1),
    "logsumexp": lambda x: x.logsumexp(1),
    "amax": lambda x: x.amax(1),
    "x − y": lambda x: x - x.flip(0),
    "x·y": lambda x: x * x.flip(0),
    "−x": lambda x: -x,
    "x²": lambda x: x**2,
    "lerp": lambda x: x.lerp(x.flip(0), 0.2),
    "addcmul": lambda x: torch.addcmul(x, x, x.flip(0), value=-0.5),
    "mse": lambda x: F.mse_loss(x, x.flip(0)),
    "l1": lambda x: F.l1_loss(x, x.flip(0)),
    "huber": lambda x: F.huber_loss(x, x.flip(0), delta=0.5),
    "bce": lambda x: F.binary_cross_entropy_with_logits(x, x.sigmoid()),
    "cross_entropy": lambda x: F.cross_entropy(x[:1], torch.tensor([1])),
    "cross_entropies": lambda x: F.cross_entropy(x, torch.tensor([1, 0, 2])),
    "cosine": lambda x: F.cosine_similarity(x, x.flip(0)),
    "attention": lambda x: F.scaled_dot_product_attention(x, x, x),
    "gru": nn.GRU(4, 3).double(),
    "lstm": nn.LSTM(4, 3).double(),
    "tanh layer": nn.RNN(4, 3).double(),
}


@pytest.mark.parametrize("name", LINES)
def test_the_line_gives_the_value(name):
    call = called(LINES[name], doubles(3, 4))
    shape = call.outputs[0].shape
    for _, index in zip(
        range(6),
        torch.cartesian_prod(*(torch.arange(n) for n in shape)).view(-1, len(shape))
        if shape
        else [torch.tensor([], dtype=torch.long)],
        strict=False,
    ):
        done = call.expand(*index.tolist())
        assert worked_out(done.worked) == pytest.approx(done.value, rel=2e-2, abs=2e-3), done.worked
