"""Functions of one number, activations above all: a formula in symbols, and the same in NumPy."""
# ruff: noqa: A002 - arguments are named as those of PyTorch

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from glassnet.arithmetic.elements import number
from glassnet.arithmetic.expansion import Expansion, Term
from glassnet.arithmetic.numbers import written

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from glassnet.arithmetic.elements import Operand
    from glassnet.arithmetic.expansion import At

SELU_ALPHA = 1.6732632423543772848170429916717  # Klambauer et al. 2017, as in torch
SELU_SCALE = 1.0507009873554804934193349852946


@dataclass(frozen=True, slots=True)
class Function:
    """A function of one number, ready to be evaluated or drawn.

    Attributes:
        name: As in PyTorch.
        formula: In symbols, of `x` and the names of the settings: `max(0, x) + negative_slope·min(0, x)`.
        compute: Takes x (a number or an array, float64), then the settings in order.
        settings: Further numbers of the formula, with PyTorch's defaults.

    Example:
        >>> FUNCTIONS["leaky_relu"](-2.0)
        -0.02
        >>> FUNCTIONS["relu"](np.array([-1.0, 3.0])).tolist()
        [0.0, 3.0]
    """

    name: str
    formula: str
    compute: Callable[..., np.ndarray]
    settings: Mapping[str, float] = field(default_factory=dict)

    def __call__(self, x: float | np.ndarray) -> float | np.ndarray:
        """Evaluate it at a number, or at each of an array, in float64."""
        with np.errstate(all="ignore"):
            y = np.asarray(self.compute(np.asarray(x, np.float64), *self.settings.values()), np.float64)
        return y if isinstance(x, np.ndarray) else float(y)


_erf = np.vectorize(math.erf, otypes=[np.float64])
_erfc = np.vectorize(math.erfc, otypes=[np.float64])


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _gelu(x: np.ndarray) -> np.ndarray:
    return np.where(x == -np.inf, np.nan, x * _erfc(-x / math.sqrt(2)) / 2)  # as torch: −∞·0


def _gelu_tanh(x: np.ndarray) -> np.ndarray:
    return x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2


def _elu(x: np.ndarray, alpha: float) -> np.ndarray:
    return np.maximum(0, x) + np.minimum(0, alpha * np.expm1(np.minimum(0, x)))


def _softplus(x: np.ndarray, beta: float, threshold: float) -> np.ndarray:
    return np.where(x * beta > threshold, x, np.logaddexp(0, x * beta) / beta)


_ALL = (
    # activations
    Function("relu", "max(0, x)", lambda x: np.maximum(0, x)),
    Function("relu6", "min(max(0, x), 6)", lambda x: np.minimum(np.maximum(0, x), 6)),
    Function(
        "leaky_relu",
        "max(0, x) + negative_slope·min(0, x)",
        lambda x, slope: np.where(x > 0, x, slope * x),
        {"negative_slope": 0.01},
    ),
    Function(
        "prelu", "max(0, x) + weight·min(0, x)", lambda x, w: np.where(x > 0, x, w * x), {"weight": 0.25}
    ),
    Function(
        "rrelu",
        "max(0, x) + (lower + upper)/2·min(0, x)",
        lambda x, lower, upper: np.where(x > 0, x, (lower + upper) / 2 * x),
        {"lower": 1 / 8, "upper": 1 / 3},
    ),
    Function("elu", "max(0, x) + min(0, alpha·(exp(x) − 1))", _elu, {"alpha": 1.0}),
    Function(
        "selu",
        "scale·(max(0, x) + min(0, alpha·(exp(x) − 1)))",
        lambda x, scale, alpha: scale * _elu(x, alpha),
        {"scale": SELU_SCALE, "alpha": SELU_ALPHA},
    ),
    Function(
        "celu",
        "max(0, x) + min(0, alpha·(exp(x/alpha) − 1))",
        lambda x, alpha: np.maximum(0, x) + np.minimum(0, alpha * np.expm1(x / alpha)),
        {"alpha": 1.0},
    ),
    Function("gelu", "x·(1 + erf(x/√2))/2", _gelu),
    Function("gelu_tanh", "x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2", _gelu_tanh),
    Function("silu", "x/(1 + exp(−x))", lambda x: x / (1 + np.exp(-x))),
    Function("mish", "x·tanh(ln(1 + exp(x)))", lambda x: x * np.tanh(np.logaddexp(0, x))),
    Function("sigmoid", "1/(1 + exp(−x))", _sigmoid),
    Function("logsigmoid", "−ln(1 + exp(−x))", lambda x: -np.logaddexp(0, -x)),
    Function("hardsigmoid", "min(max(0, x + 3), 6)/6", lambda x: np.minimum(np.maximum(0, x + 3), 6) / 6),
    Function("hardswish", "x·min(max(0, x + 3), 6)/6", lambda x: x * np.minimum(np.maximum(0, x + 3), 6) / 6),
    Function(
        "hardtanh",
        "min(max(min_val, x), max_val)",
        lambda x, low, high: np.minimum(np.maximum(low, x), high),
        {"min_val": -1.0, "max_val": 1.0},
    ),
    Function(
        "hardshrink",
        "x·[|x| > lambd]",
        lambda x, lambd: np.where(np.abs(x) <= lambd, 0, x),
        {"lambd": 0.5},
    ),
    Function(
        "softshrink",
        "max(0, x − lambd) + min(0, x + lambd)",
        lambda x, lambd: np.maximum(0, x - lambd) + np.minimum(0, x + lambd),
        {"lambd": 0.5},
    ),
    Function("tanhshrink", "x − tanh(x)", lambda x: x - np.tanh(x)),
    Function("softplus", "ln(1 + exp(beta·x))/beta", _softplus, {"beta": 1.0, "threshold": 20.0}),
    Function("softsign", "x/(1 + |x|)", lambda x: x / (1 + np.abs(x))),
    Function("tanh", "tanh(x)", np.tanh),
    Function(
        "threshold",
        "x·[x > threshold] + value·[x ≤ threshold]",
        lambda x, threshold, value: np.where(x <= threshold, value, x),
        {"threshold": 0.0, "value": 0.0},
    ),
    # powers, exponentials, logarithms
    Function("exp", "exp(x)", np.exp),
    Function("exp2", "2^x", np.exp2),
    Function("expm1", "exp(x) − 1", np.expm1),
    Function("log", "ln(x)", np.log),
    Function("log2", "log₂(x)", np.log2),
    Function("log10", "log₁₀(x)", np.log10),
    Function("log1p", "ln(1 + x)", np.log1p),
    Function("logit", "ln(x/(1 − x))", lambda x: np.log(x) - np.log1p(-x)),
    Function("sqrt", "√x", np.sqrt),
    Function("rsqrt", "1/√x", lambda x: 1 / np.sqrt(x)),
    Function("square", "x²", np.square),
    Function("reciprocal", "1/x", lambda x: 1 / x),
    # signs and whole numbers
    Function("abs", "|x|", np.abs),
    Function("neg", "−x", np.negative),
    Function("positive", "x", np.positive),
    Function("sign", "sign(x)", lambda x: np.where(np.isnan(x), 0, np.sign(x))),
    Function("floor", "⌊x⌋", np.floor),
    Function("ceil", "⌈x⌉", np.ceil),
    Function("trunc", "trunc(x)", np.trunc),
    Function("frac", "x − trunc(x)", lambda x: x - np.trunc(x)),
    # trigonometry
    Function("sin", "sin(x)", np.sin),
    Function("cos", "cos(x)", np.cos),
    Function("tan", "tan(x)", np.tan),
    Function("asin", "arcsin(x)", np.arcsin),
    Function("acos", "arccos(x)", np.arccos),
    Function("atan", "arctan(x)", np.arctan),
    Function("sinh", "sinh(x)", np.sinh),
    Function("cosh", "cosh(x)", np.cosh),
    Function("asinh", "arsinh(x)", np.arcsinh),
    Function("acosh", "arcosh(x)", np.arccosh),
    Function("atanh", "artanh(x)", np.arctanh),
    Function("erf", "erf(x)", _erf),
    Function("erfc", "1 − erf(x)", _erfc),
    # conditions: 1 or 0
    Function("isnan", "[x = NaN]", np.isnan),
    Function("isinf", "[|x| = ∞]", np.isinf),
    Function("isfinite", "[|x| < ∞]", np.isfinite),
    Function("logical_not", "[x = 0]", lambda x: x == 0),
)
FUNCTIONS: dict[str, Function] = {function.name: function for function in _ALL}


def of_one_number(at: At, function: Function, input: Operand) -> Expansion:
    """Expand a function that was applied to each number of a tensor.

    Args:
        at: Which number is asked for.
        function: The function, with the settings of this call.
        input: What it was applied to.

    Returns:
        Its value at the number in the same place.

    Example:
        >>> import torch
        >>> from glassnet.arithmetic.expansion import At
        >>> x = torch.tensor([-2.0, 3.0])
        >>> of_one_number(At((0,), (x,)), FUNCTIONS["leaky_relu"], x).worked
        'max(0, −2) + 0.01·min(0, −2)'
    """
    x = number("input", input, at.index)
    value = float(function(x.value))
    return Expansion(
        kind="function",
        formula=written(function.formula, {"x": "input"}),
        worked=written(function.formula, {"x": x.value, **function.settings}),
        terms=(Term((x,), value),),
        value=value,
        facts=dict(function.settings),
    )


def _plain(name: str) -> Callable[..., Expansion]:
    """Make the rule of a function without settings."""
    function = FUNCTIONS[name]

    def rule(at: At, input: Operand, inplace: bool = False) -> Expansion:
        return of_one_number(at, function, input)

    return rule


OTHER_NAMES = {
    "special_expit": "sigmoid",
    "log_sigmoid": "logsigmoid",
    "special_expm1": "expm1",
    "special_log1p": "log1p",
    "absolute": "abs",
    "negative": "neg",
    "pos": "positive",
    "sgn": "sign",
    "fix": "trunc",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "special_erf": "erf",
    "special_erfc": "erfc",
}
# those with settings have their rules among the activations
WITH_SETTINGS = {
    "leaky_relu", "prelu", "rrelu", "elu", "celu", "gelu", "gelu_tanh", "hardtanh", "hardshrink",
    "softshrink", "softplus", "threshold", "logit",
}  # fmt: skip
RULES = {name: _plain(name) for name in FUNCTIONS if name not in WITH_SETTINGS}
RULES |= {other: RULES[name] for other, name in OTHER_NAMES.items()}
