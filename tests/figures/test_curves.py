"""Activation curves: values, slopes and shares against their formulas, and a caption for each."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from glassnet.draw import fonts, pixels
from glassnet.errors import UsageError
from glassnet.figures.curve_figure import draw_curves, wrapped
from glassnet.figures.curves import FUNCTIONS, SOFTMAX, activation_curves
from glassnet.nets.lenet import LeNet
from glassnet.texts import texts
from glassnet.trace.record import record


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


# formulas written out once more, by hand
BY_HAND = {
    "relu": (nn.ReLU(), lambda x: max(0.0, x), "max(0, x)"),
    "leaky_relu": (nn.LeakyReLU(0.2), lambda x: x if x > 0 else 0.2 * x, "x if x > 0 else 0.2·x"),
    "sigmoid": (nn.Sigmoid(), sigmoid, "1 / (1 + e⁻ˣ)"),
    "tanh": (nn.Tanh(), math.tanh, "(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)"),
    "gelu": (nn.GELU(), lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2, "x·Φ(x)"),
    "silu": (nn.SiLU(), lambda x: x * sigmoid(x), "x·σ(x)"),
    "elu": (nn.ELU(0.5), lambda x: x if x > 0 else 0.5 * math.expm1(x), "x if x > 0 else 0.5·(eˣ − 1)"),
    "hardtanh": (nn.Hardtanh(-2, 1), lambda x: min(max(-2.0, x), 1.0), "min(max(-2, x), 1)"),
    "hardswish": (nn.Hardswish(), lambda x: x * min(max(0.0, x + 3), 6.0) / 6, "x·min(max(0, x + 3), 6) / 6"),
    "softplus": (nn.Softplus(), lambda x: math.log1p(math.exp(x)), "ln(1 + exp(x))"),
    "threshold": (nn.Threshold(0.5, 7), lambda x: x if x > 0.5 else 7.0, "x if x > 0.5 else 7"),
    "prelu": (nn.PReLU(1, 0.3), lambda x: x if x > 0 else 0.3 * x, "x if x > 0 else 0.3·x"),
    "logsigmoid": (nn.LogSigmoid(), lambda x: math.log(sigmoid(x)), "ln(1 / (1 + e⁻ˣ))"),
}


@pytest.mark.parametrize("name", sorted(BY_HAND))
def test_a_curve_is_its_formula_and_its_slope(name):
    module, by_hand, formula = BY_HAND[name]
    inputs = torch.linspace(-8, 6, 71).reshape(1, -1)
    curve = activation_curves(record(nn.Sequential(module), inputs, keep="all"))[0]
    assert (curve.name, curve.formula) == (name, formula)
    np.testing.assert_allclose(curve.y, [by_hand(float(x)) for x in curve.x], rtol=1e-4, atol=1e-5)
    step = 1e-4
    smooth = [i for i, x in enumerate(curve.x) if min(abs(x - k) for k in (-3, -2, 0, 0.5, 1, 3)) > 0.01]
    numeric = [(by_hand(float(x) + step) - by_hand(float(x) - step)) / (2 * step) for x in curve.x[smooth]]
    np.testing.assert_allclose(curve.slope[smooth], numeric, atol=2e-3)
    assert (curve.low, curve.high) == (-8.0, 6.0)
    assert curve.inputs == 71
    assert curve.counts.sum() == 71
    with torch.no_grad():
        assert curve.zeros == pytest.approx(float((module(inputs) == 0).float().mean()))


def test_the_share_of_saturated_inputs():
    inputs = torch.tensor([[-9.0, -6.0, -1.0, 0.0, 2.0, 8.0]])
    curve = activation_curves(record(nn.Sequential(nn.Sigmoid()), inputs, keep="all"))[0]
    slopes = [sigmoid(float(x)) * (1 - sigmoid(float(x))) for x in inputs[0]]
    assert curve.flat == pytest.approx(np.mean([slope < 0.01 for slope in slopes]))
    assert curve.flat == 0.5


def test_softmax_is_drawn_as_inputs_and_outputs():
    inputs = torch.tensor([[2.0, -1.0, 0.5]])
    curve = activation_curves(record(nn.Sequential(nn.Softmax(-1)), inputs, keep="all"))[0]
    exps = np.exp([-1.0, 0.5, 2.0])
    np.testing.assert_allclose(curve.pairs, [[-1.0, 0.5, 2.0], exps / exps.sum()], rtol=1e-6)
    assert curve.flat is None
    assert len(curve.x) == 0


def test_one_panel_for_each_call_and_one_chosen():
    trace = record(LeNet(), torch.randn(2, 3, 32, 32), keep="all")
    curves = activation_curves(trace)
    assert [curve.label for curve in curves] == ["relu", "relu_1", "relu_2", "relu_3"]
    assert [curve.label for curve in activation_curves(trace, "relu_2")] == ["relu_2"]
    made = trace.kept[trace.ops[curves[0].op].outputs[0]]
    assert curves[0].zeros == pytest.approx(float((made == 0).float().mean()))


def test_an_activation_in_place_shows_what_went_in():
    inputs = torch.tensor([[-3.0, 4.0]])
    curve = activation_curves(record(nn.Sequential(nn.ReLU(inplace=True)), inputs, keep="all"))[0]
    assert (curve.low, curve.high, curve.name) == (-3.0, 4.0, "relu")


def test_every_function_has_its_words_in_both_languages():
    for lang in ("en", "zh"):
        words = texts(lang, "curves")
        assert {f"about_{name}" for name in (*FUNCTIONS, *SOFTMAX, "prelu")} == {
            key for key in words if key.startswith("about_")
        }


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nothing_on_the_figure_overlaps(lang):
    if lang == "zh" and len(fonts()) == 1:
        pytest.skip("no font with Chinese characters: apt-get install -y fonts-noto-cjk")
    modules = [module for module, _, _ in BY_HAND.values()]

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.激活 = nn.ModuleList([*modules, nn.Softmax(-1), nn.Mish(), nn.SELU()])

        def forward(self, x):
            return [module(x) for module in self.激活]

    figure = draw_curves(activation_curves(record(Net(), torch.randn(1, 4, 50), keep="all")), lang=lang)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a glyph that no font has warns
        shown = pixels(figure)
    assert shown.std() > 5
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    for number, box in enumerate(boxes):
        assert box.x0 >= 0
        assert box.x1 <= shown.shape[1] + 1
        for other in boxes[number + 1 :]:
            apart = box.x1 <= other.x0 + 1 or other.x1 <= box.x0 + 1
            assert apart or box.y1 <= other.y0 + 2 or other.y1 <= box.y0 + 2


def test_what_is_missing_is_told():
    with pytest.raises(UsageError) as error:
        activation_curves(record(nn.Sequential(nn.Linear(2, 2)), torch.ones(1, 2), keep="all"))
    assert str(error.value) == "there is no activation function\n  where: Sequential"
    net = nn.Sequential(nn.ReLU())
    with pytest.raises(UsageError) as error:
        activation_curves(record(net, torch.ones(1, 2)))
    assert str(error.value).startswith("the trace did not keep these numbers\n  where: 0.relu")
    with pytest.raises(UsageError) as error:
        activation_curves(record(net, torch.ones(1, 2), keep="all"), "1")
    assert str(error.value).startswith(
        "there is no activation function here\n  where: Sequential\n  got: '1'"
    )


def test_lines_are_broken_between_words_or_chinese_characters():
    assert wrapped("负输入变成 0，也不传梯度", 12) == ["负输入变成", "0，也不传梯", "度"]
    assert all(len(line) <= 10 for line in wrapped("some words of a text", 10))


def test_of_many_functions_some_are_drawn_and_that_is_said():
    curves = activation_curves(
        record(nn.Sequential(*[nn.ReLU() for _ in range(40)]), torch.randn(1, 5), keep="all")
    )
    figure = draw_curves(curves, lang="en")
    texts_of = [text.get_text() for text in figure.axes[0].texts]
    assert texts_of[0] == "Activation functions and what goes into them: 16 of 40, from the first to the last"
    assert "0.relu" in texts_of
    assert "39.relu" in texts_of
