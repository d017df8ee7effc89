"""The page of one operation: whole, offline, exact, and its own arithmetic is PyTorch's."""

from __future__ import annotations

import base64
import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import glassnet.pages
from glassnet.arithmetic.expansion import Expansion, Number, Term
from glassnet.inspection.windows import windowed
from glassnet.pages.explain_page import explain_page
from glassnet.pages.window_data import MAX_NUMBERS, choose_cut, window_data
from glassnet.trace.record import record

from browser import check_page, data_of

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
NETS = {
    "convolution": (nn.Conv2d(2, 4, 3, stride=2, padding=2, dilation=2, groups=2), (1, 2, 9, 8)),
    "transposed": (
        nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2),
        (1, 4, 4, 5),
    ),
    "max": (nn.MaxPool2d(3, ceil_mode=True, padding=1), (1, 2, 8, 9)),
    "mean": (nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True, count_include_pad=False), (1, 2, 8, 8)),
    "adaptive": (nn.AdaptiveAvgPool2d((3, 2)), (1, 2, 7, 5)),
    "signal": (nn.Conv1d(2, 3, 5, padding="same"), (1, 2, 11)),
    "linear": (nn.Linear(30, 14), (1, 30)),
}


def trace_of(name):
    torch.manual_seed(0)
    net, shape = NETS[name]
    return record(net, torch.randn(shape), keep="all")


def floats(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<f4")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", NETS)
def test_a_page_is_whole_and_offline(name, lang):
    check_page(explain_page(trace_of(name), 0, lang=lang, picture=np.zeros((4, 4, 3), np.uint8)), lang)


@pytest.mark.parametrize("name", NETS)
def test_its_numbers_are_pytorchs_bit_for_bit(name):
    trace = trace_of(name)
    data, window = data_of(explain_page(trace, 0))["window"], windowed(trace, 0)
    assert floats(data["input"]["data"]).tobytes() == window.input.numpy().tobytes()
    assert floats(data["output"]["data"]).tobytes() == window.output.contiguous().numpy().tobytes()
    if window.bias is not None:
        assert floats(data["bias"]).tobytes() == window.bias.numpy().tobytes()
    if window.weight is not None and window.kind != "transposed":
        assert floats(data["weight"]).tobytes() == window.weight.contiguous().numpy().tobytes()


def test_the_arithmetic_of_the_page_is_pytorchs(chromium):
    script = (Path(glassnet.pages.__file__).parent / "window.js").read_text("utf-8")
    cases = {name: data_of(explain_page(trace_of(name), 0))["window"] for name in NETS}
    page = f"<!doctype html><html><head></head><body><script>{script}</script></body></html>"
    worked = chromium(
        page,
        f"const cases = {json.dumps(cases)};"
        "const read = (t) => new Float32Array(Uint8Array.from(atob(t), (c) => c.charCodeAt(0)).buffer);"
        "return Object.fromEntries(Object.entries(cases).map(([name, data]) => {"
        "  const work = openWindow(data, read); const [n, h, w] = work.output.shape; const all = [];"
        "  for (let c = 0; c < n; c++) for (let y = 0; y < h; y++) for (let x = 0; x < w; x++)"
        "    all.push(resultOf(work, termsOf(work, c, y, x), c).value);"
        "  return [name, all]; }));",
    )
    for name, values in worked.items():
        trace = trace_of(name)
        theirs = trace.kept[trace.ops[0].outputs[0]].double().flatten()
        torch.testing.assert_close(torch.tensor(values, dtype=torch.float64), theirs, rtol=1e-5, atol=1e-5)


def test_pointing_at_a_number_shows_what_made_it(chromium):
    net = nn.Conv2d(1, 1, 3, bias=False)
    net.weight.data = torch.tensor([[1.0, 2, 1], [0, 1, 0], [2, 1, 0]])[None, None]
    rows = [[1, 2, 0, 3, 1], [0, 1, 2, 3, 1], [1, 2, 1, 0, 0], [5, 2, 3, 1, 1], [2, 1, 0, 1, 1]]
    page = explain_page(record(net, torch.tensor(rows).float()[None, None], keep="all"), 0)
    found = chromium(
        page,
        "const canvas = document.querySelector('.output canvas.plane'); const box = canvas.getBoundingClientRect();"
        "const seen = () => [document.querySelector('.index').textContent, document.querySelector('.spelled').textContent.trim()];"
        "const first = seen();"
        "canvas.dispatchEvent(new PointerEvent('pointermove', {clientX: box.left + box.width / 2, clientY: box.top + box.height / 2, bubbles: true}));"
        "const pointed = seen();"
        "canvas.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowLeft', bubbles: true}));"
        "return [first, pointed, seen(), document.getElementById('checked').dataset.difference];",
    )
    assert found == [
        ["conv2d[0, 0, 0, 0] = 10", "1·1 + 2·2 + 0·1 + 0·0 + 1·1 + 2·0 + 1·2 + 2·1 + 1·0 = 10"],
        ["conv2d[0, 0, 1, 1] = 16", "1·1 + 2·2 + 3·1 + 2·0 + 1·1 + 0·0 + 2·2 + 3·1 + 1·0 = 16"],
        ["conv2d[0, 0, 1, 0] = 18", "0·1 + 1·2 + 2·1 + 1·0 + 2·1 + 1·0 + 5·2 + 2·1 + 3·0 = 18"],
        "0",
    ]


@pytest.mark.parametrize("width", [390, 820, 1440])
@pytest.mark.parametrize("name", ["convolution", "linear", "max"])
def test_nothing_is_wider_than_the_screen(chromium, name, width):
    wide = chromium(
        explain_page(trace_of(name), 0, lang="zh"),
        "return [document.documentElement.scrollWidth, innerWidth]", size=(width, 800),
    )  # fmt: skip
    assert wide[0] <= wide[1]


def test_the_first_number_is_the_one_asked_for(chromium):
    page = explain_page(trace_of("convolution"), 0, at=(0, 3, 2, 1))
    assert data_of(page)["window"]["place"] == [3, 2, 1]
    assert chromium(page, "return document.querySelector('.index').textContent").startswith(
        "conv2d[0, 3, 2, 1] = "
    )


class Named(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.add_module(HOSTILE.replace(".", ""), nn.Conv2d(1, 1, 1))

    def forward(self, images):
        return next(self.children())(images)


def test_hostile_names_stay_text(chromium):
    trace = record(Named(), torch.ones(1, 1, 2, 2), keep="all")
    page = explain_page(trace, 0)
    check_page(page, "en")
    assert "alert(1)" in page
    assert chromium(page, "return document.querySelector('h1').textContent") == HOSTILE
    expansion = Expansion(
        "function", HOSTILE, HOSTILE, (Term((Number(HOSTILE, (0,), 1.0),), 1.0),), 1.0, {HOSTILE: HOSTILE}
    )
    other = record(nn.ReLU(), torch.ones(1, 3), keep="all")
    page = explain_page(other, 0, expansions={(0, 0): expansion})
    check_page(page, "en")
    found = chromium(
        page,
        "return [document.querySelectorAll('script').length, document.querySelectorAll('main img').length, document.querySelector('.formula').textContent]",
    )
    assert found == [4, 0, HOSTILE]  # two of the page, two of the test


def test_any_other_operation_shows_its_expansions(chromium):
    trace = record(nn.ReLU(), torch.tensor([[[[-1.0, 2.0], [3.0, float("nan")]]]]), keep="all")
    made = {
        (0, 0, 0, 1): Expansion("maximum", "max(0, input)", "max(0, 2) = 2", (Term((Number("input", (0, 0, 0, 1), 2.0),), 2.0),), 2.0),
        (0, 0, 1, 1): Expansion("maximum", "max(0, input)", "max(0, nan) = nan", (), math.nan),
    }  # fmt: skip
    page = explain_page(trace, 0, at=(0, 0, 0, 1), expansions=made)
    check_page(page, "en")
    assert data_of(page)["other"]["cells"]["0,0,1,1"]["value"] == "nan"
    found = chromium(
        page,
        "const seen = () => document.querySelector('.two > .card').textContent; const first = seen();"
        "const canvas = document.querySelector('canvas.large');"
        "canvas.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowLeft', bubbles: true}));"
        "return [first, seen()]",
    )
    assert "max(0, 2) = 2" in found[0]
    assert "input: images[0, 0, 0, 1] = 2" in found[0]
    assert found[1].startswith("relu[0, 0, 0, 0] = 0")
    assert "not worked out in this page; 2 are" in found[1]


def test_a_large_operation_is_cut_and_it_is_said(chromium):
    torch.manual_seed(0)
    trace = record(nn.Conv2d(4, 64, 3, padding=1, bias=False), torch.randn(1, 4, 160, 160), keep="all")
    page = explain_page(trace, 0, at=(0, 50, 3, 4))
    data = data_of(page)["window"]
    assert 50 in data["output"]["channels"]
    assert 4 * len(data["output"]["channels"]) < 4 * 64
    assert len(page) < 4 * MAX_NUMBERS * 1.34 + 200_000
    foot = chromium(page, "return document.getElementById('foot').textContent")
    assert f"This page holds {len(data['output']['channels'])} of 64 output channels" in foot


def test_an_input_too_large_is_cut_around_the_number_asked_for():
    torch.manual_seed(0)
    trace = record(nn.Conv2d(3, 2, 3, stride=2), torch.randn(1, 3, 61, 81), keep="all")
    window = windowed(trace, 0)
    cut = choose_cut(window, (1, 20, 30), most=3000)
    data = window_data(window, cut)
    first, shape = data["input"]["first"], data["input"]["shape"]
    assert 20 in cut.rows
    assert 30 in cut.columns
    assert cut.channels in ((0, 1), (1,))
    assert np.prod(shape) + np.prod(data["output"]["shape"]) <= 3000
    expected = window.input[:, first[0] : first[0] + shape[1], first[1] : first[1] + shape[2]]
    assert floats(data["input"]["data"]).tobytes() == expected.contiguous().numpy().tobytes()


def test_an_output_that_was_not_kept():
    with pytest.raises(ValueError, match=r"^the output of relu was not kept$"):
        explain_page(record(nn.ReLU(), torch.ones(1, 2)), 0)
