"""Functions of one number: PyTorch in float64 is the oracle; some values are known by hand."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from glassnet.arithmetic.functions import FUNCTIONS

from real_calls import called, doubles, holds

MODULES = {
    "relu": nn.ReLU(),
    "relu in place": nn.ReLU(inplace=True),
    "relu6": nn.ReLU6(),
    "leaky_relu": nn.LeakyReLU(0.2),
    "prelu": nn.PReLU(init=0.3).double(),
    "prelu, each channel": nn.PReLU(3).double(),
    "rrelu": nn.RReLU().eval(),
    "rrelu in training": nn.RReLU().train(),
    "elu": nn.ELU(1.3),
    "selu": nn.SELU(),
    "celu": nn.CELU(0.7),
    "gelu": nn.GELU(),
    "gelu tanh": nn.GELU(approximate="tanh"),
    "silu": nn.SiLU(),
    "silu in place": nn.SiLU(inplace=True),
    "mish": nn.Mish(),
    "sigmoid": nn.Sigmoid(),
    "logsigmoid": nn.LogSigmoid(),
    "hardsigmoid": nn.Hardsigmoid(),
    "hardswish": nn.Hardswish(),
    "hardtanh": nn.Hardtanh(-0.5, 0.8),
    "hardshrink": nn.Hardshrink(0.4),
    "softshrink": nn.Softshrink(0.4),
    "tanhshrink": nn.Tanhshrink(),
    "softplus": nn.Softplus(2.0, 1.5),
    "softsign": nn.Softsign(),
    "tanh": nn.Tanh(),
    "threshold": nn.Threshold(0.1, -7.0),
    "glu": nn.GLU(0),
}

FUNCTIONAL = {
    "relu": F.relu,
    "relu_": F.relu_,
    "torch.relu": torch.relu,
    "Tensor.relu_": lambda x: x.relu_(),
    "relu6": F.relu6,
    "leaky_relu": F.leaky_relu,
    "leaky_relu, by name": lambda x: F.leaky_relu(input=x, negative_slope=0.3, inplace=True),
    "prelu": lambda x: F.prelu(x, torch.tensor([0.1], dtype=torch.float64)),
    "rrelu": F.rrelu,
    "elu": F.elu,
    "selu": torch.selu,
    "celu": lambda x: torch.celu(x, 0.5),
    "gelu": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "mish": F.mish,
    "sigmoid": lambda x: x.sigmoid(),
    "expit": torch.special.expit,
    "logsigmoid": F.logsigmoid,
    "hardsigmoid": F.hardsigmoid,
    "hardswish": F.hardswish,
    "hardtanh": F.hardtanh,
    "hardshrink": F.hardshrink,
    "softshrink": F.softshrink,
    "tanhshrink": F.tanhshrink,
    "softplus": F.softplus,
    "softsign": F.softsign,
    "tanh": lambda x: x.tanh_(),
    "threshold": lambda x: F.threshold(x, 0.2, 3.0),
    "glu": lambda x: F.glu(x, dim=-1),
    "exp": torch.exp,
    "exp2": torch.exp2,
    "expm1": torch.expm1,
    "log": lambda x: x.log(),
    "log2": torch.log2,
    "log10": torch.log10,
    "log1p": torch.log1p,
    "logit": lambda x: torch.logit(x.abs() / 10),
    "logit moved": lambda x: torch.logit(x, eps=0.1),
    "sqrt": lambda x: x.sqrt(),
    "rsqrt": torch.rsqrt,
    "square": torch.square,
    "reciprocal": torch.reciprocal,
    "abs": abs,
    "neg": lambda x: -x,
    "positive": lambda x: +x,
    "sign": torch.sign,
    "floor": torch.floor,
    "ceil": lambda x: x.ceil(),
    "trunc": torch.trunc,
    "frac": torch.frac,
    "round": torch.round,
    "round to decimals": lambda x: torch.round(x, decimals=2),
    "sin": torch.sin,
    "cos": torch.cos,
    "tan": torch.tan,
    "asin": torch.asin,
    "acos": torch.acos,
    "atan": torch.arctan,
    "sinh": torch.sinh,
    "cosh": torch.cosh,
    "asinh": torch.asinh,
    "acosh": torch.acosh,
    "atanh": torch.atanh,
    "erf": torch.erf,
    "erfc": torch.special.erfc,
    "isnan": torch.isnan,
    "isinf": torch.isinf,
    "isfinite": torch.isfinite,
    "logical_not": torch.logical_not,
    "clamp": lambda x: torch.clamp(x, -0.5, 0.5),
    "clamp, by name": lambda x: x.clamp(max=0.3),
    "clamp_": lambda x: x.clamp_(min=0.1),
    "clamp by tensors": lambda x: torch.clamp(x, torch.zeros(4, dtype=torch.float64), x.abs() / 2),
    "clamp_min": lambda x: x.clamp_min(0.2),
    "clamp_max": lambda x: torch.clamp_max(x, 0.2),
}


@pytest.mark.parametrize("name", MODULES)
def test_modules(name):
    torch.manual_seed(0)
    x = doubles(4, 3, 4) * 2
    x[0, 0, 0] = 0.0
    holds(called(MODULES[name], x))


@pytest.mark.parametrize("name", FUNCTIONAL)
def test_functions(name):
    x = doubles(2, 3, 4, seed=1) * 2
    x[0, 0, 0] = 0.0
    holds(called(FUNCTIONAL[name], x))


@given(x=st.floats(allow_nan=False, allow_infinity=False, width=32, min_value=-1e4, max_value=1e4))
@settings(max_examples=40, deadline=None)
@pytest.mark.parametrize("name", sorted(set(MODULES) - {"rrelu in training", "glu", "prelu, each channel"}))
def test_activations_anywhere(name, x):
    (done,) = holds(called(MODULES[name], torch.tensor([x], dtype=torch.float64)), rel=1e-6, abs_=1e-10)
    assert done.kind == "function"


@pytest.mark.parametrize("x", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize(
    "name",
    [
        "relu",
        "relu6",
        "leaky_relu",
        "elu",
        "silu",
        "sigmoid",
        "tanh",
        "hardtanh",
        "gelu",
        "softplus",
        "hardshrink",
        "softshrink",
        "threshold",
        "selu",
    ],
)
def test_what_is_not_finite(name, x):
    holds(called(MODULES[name], torch.tensor([x], dtype=torch.float64)))


def test_values_known_by_hand():
    x = torch.tensor([-2.0, 0.0, 3.0], dtype=torch.float64)
    assert called(torch.sigmoid, torch.zeros(1)).expand(0).value == 0.5
    assert called(nn.LeakyReLU(0.1), x).expand(0).value == pytest.approx(-0.2)
    assert called(nn.SiLU(), x).expand(2).value == pytest.approx(3 / (1 + math.exp(-3)))
    assert called(nn.Hardswish(), x).expand(0).value == pytest.approx(-2 * 1 / 6)
    assert called(nn.Hardsigmoid(), x).expand(2).value == 1
    assert called(nn.Softplus(), x).expand(1).value == pytest.approx(math.log(2))
    assert called(nn.ELU(), x).expand(0).value == pytest.approx(math.exp(-2) - 1)
    assert called(nn.Softsign(), x).expand(2).value == 0.75
    assert called(nn.Softshrink(0.5), x).expand(0).value == -1.5
    assert called(nn.GELU(), torch.ones(1)).expand(0).value == pytest.approx(
        0.8413447460685429
    )  # Φ(1), tables
    assert called(nn.Tanh(), torch.tensor([0.5])).expand(0).value == pytest.approx(0.46211715726000975)
    assert called(nn.GLU(), torch.tensor([4.0, 0.0])).expand(0).value == 2
    assert called(torch.round, torch.tensor([2.5, 3.5])).expand(0).value == 2


def test_lines_that_are_read():
    x = torch.tensor([-2.0, 3.0])
    relu = called(nn.ReLU(), x).expand(0)
    assert (relu.formula, relu.worked, relu.value) == ("max(0, input)", "max(0, −2)", 0.0)
    leaky = called(nn.LeakyReLU(0.01), x).expand(0)
    assert leaky.formula == "max(0, input) + negative_slope·min(0, input)"
    assert leaky.worked == "max(0, −2) + 0.01·min(0, −2)"
    assert leaky.facts == {"negative_slope": 0.01}
    assert called(nn.Sigmoid(), x).expand(0).worked == "1/(1 + exp(−(−2)))"
    assert called(nn.ReLU6(), x).expand(1).worked == "min(max(0, 3), 6)"
    assert called(torch.square, x).expand(0).worked == "(−2)²"
    assert called(nn.Softplus(), torch.tensor([21.0])).expand(0).worked == "21"
    assert called(lambda t: t.clamp(0, 1), x).expand(1).formula == "min(max(input, min), max)"
    assert called(lambda t: t.clamp(0, 1), x).expand(1).worked == "min(max(3, 0), 1)"


def test_rrelu_reads_the_slope_that_was_drawn():
    torch.manual_seed(3)
    call = called(nn.RReLU(0.1, 0.4), torch.full((50,), -1.0, dtype=torch.float64))
    slopes = [call.expand(i).facts["negative_slope"] for i in range(50)]
    assert len(set(slopes)) > 40
    assert all(0.1 <= slope <= 0.4 for slope in slopes)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_take_arrays_for_their_curves(name):
    x = np.linspace(0.05, 0.95, 7)
    curve = FUNCTIONS[name](x)
    assert curve.shape == x.shape
    assert curve.tolist() == pytest.approx([FUNCTIONS[name](float(one)) for one in x], nan_ok=True)


SAME = {
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "prelu": lambda x: F.prelu(x, torch.tensor([0.25], dtype=x.dtype)),
    "threshold": lambda x: F.threshold(x, 0.0, 0.0),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_settings_of_a_function_are_the_defaults_of_pytorch(name):
    x = torch.linspace(-3, 3, 61, dtype=torch.float64)
    function = SAME.get(name) or getattr(F, name, None) or getattr(torch, name)
    ours = FUNCTIONS[name](x.numpy())
    assert ours.tolist() == pytest.approx(function(x).double().tolist(), rel=1e-9, abs=1e-12, nan_ok=True)
