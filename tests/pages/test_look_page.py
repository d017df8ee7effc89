"""The page of a network: whole, offline, exact where it says so, and it can be used."""

from __future__ import annotations

import base64

import numpy as np
import pytest
import torch
from torch import nn

from glassnet.nets.lenet import LeNet
from glassnet.pages import planes as planes_module
from glassnet.pages.look_page import look_page
from glassnet.pages.planes import encode_planes, planes_of
from glassnet.trace.record import record

from browser import check_page, data_of

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
GRAPH = (
    '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="90" height="90">'
    '<g data-kind="operation" data-path="conv2" data-op="3"><rect width="40" height="40"/></g></svg>'
)


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, images):
        return torch.relu(self.conv(images) + images)


class Nested(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3)
        self.blocks = nn.Sequential(Block(), Block())
        self.head = nn.Linear(4, 5)
        self.never = nn.Linear(2, 2)

    def forward(self, images):
        x = self.blocks(self.stem(images))
        return self.head(nn.functional.adaptive_avg_pool2d(x, 1).flatten(1))


@pytest.fixture(scope="module")
def lenet():
    torch.manual_seed(0)
    return record(LeNet(in_channels=1, size=28).eval(), torch.randn(2, 1, 28, 28), keep="all")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_page_is_whole_and_offline(lenet, lang):
    page = look_page(
        lenet, graph=GRAPH, picture=np.zeros((28, 28, 1), np.uint8), classes=["T恤"] * 10, lang=lang
    )
    check_page(page, lang)


def test_rows_nest_by_module():
    data = data_of(look_page(record(Nested(), torch.randn(1, 3, 8, 8))))
    told = [("  " * row["depth"] + row["name"], row["type"], row["operation"]) for row in data["rows"]]
    block = [("    conv", "Conv2d", "conv2d"), ("    add", None, "add"), ("    relu", None, "relu")]
    assert told == [
        ("stem", "Conv2d", "conv2d"), ("blocks", "Sequential", None),
        ("  0", "Block", None), *block, ("  1", "Block", None), *block,
        ("adaptive_avg_pool2d", None, "adaptive_avg_pool2d"), ("flatten", None, "flatten"), ("head", "Linear", "linear"),
    ]  # fmt: skip
    assert data["notes"] == ["Not called in this pass: never."]


def test_sums_are_those_of_the_operations(lenet):
    data = data_of(look_page(lenet))
    tops = [row for row in data["rows"] if row["parent"] is None]
    for key in ("macs", "bytes"):
        assert data["totals"][key] == sum(row[key] for row in tops)
    assert data["totals"]["parameters"] == 44_426
    assert sum(row["size"] for row in tops) == 44_426
    assert data["totals"]["macs"] == 2 * 281_640


def test_a_network_of_one_operation_is_one_row():
    data = data_of(look_page(record(nn.Conv2d(1, 2, 3), torch.ones(1, 1, 4, 4))))
    assert [(row["name"], row["operation"], row["size"]) for row in data["rows"]] == [
        ("Conv2d", "conv2d", 20)
    ]


@pytest.mark.parametrize(
    "loss", [nn.CrossEntropyLoss(), nn.functional.cross_entropy], ids=["module", "function"]
)
def test_the_loss_stands_after_the_network(loss):
    label = torch.tensor([1])
    trace = record(nn.Linear(3, 2), torch.ones(1, 3), backward=lambda output: loss(output, label), keep="all")
    data = data_of(look_page(trace))
    stages = [(row["operation"], row["stage"]) for row in data["rows"]]
    assert stages == [("linear", "forward"), ("cross_entropy", "loss")]
    assert data["notes"] == []
    assert data["rows"][0]["outputs"][0]["gradient"]["maximum"] > 0


def test_feature_maps_are_exact_and_of_the_sample_asked_for(lenet):
    data = data_of(look_page(lenet, sample=1))
    for op in lenet.ops:
        number = op.outputs[0]
        planes = data["planes"][str(number)]
        assert planes["exact"]
        assert base64.b64decode(planes["data"]) == lenet.kept[number][1].contiguous().numpy().tobytes()


def test_a_large_network_is_rounded_within_the_stated_step(monkeypatch):
    monkeypatch.setattr(planes_module, "MAX_BYTES", 40_000)
    torch.manual_seed(0)
    wide = torch.randn(70, 30, 30)
    wide[0, 0, 0] = float("nan")
    encoded = encode_planes({1: planes_of(wide), 2: planes_of(torch.randn(9))})
    first = encoded[1]
    assert not first["exact"]
    codes = np.frombuffer(base64.b64decode(first["data"]), np.uint8).reshape(first["shape"])
    count, rows, columns = first["shape"][0], *first["step"]
    kept = wide[:count, ::rows, ::columns].numpy()
    step = (first["high"] - first["low"]) / 254
    assert codes[0, 0, 0] == 255
    near = np.abs(first["low"] + codes * step - kept)
    near[0, 0, 0] = 0
    assert near.max() <= step / 2 * 1.001
    assert sum(len(base64.b64decode(each["data"])) for each in encoded.values()) <= 40_000


def test_resnet_fits_into_a_small_page(chromium):
    torchvision = pytest.importorskip("torchvision")
    torch.manual_seed(0)
    trace = record(torchvision.models.resnet18().eval(), torch.rand(1, 3, 224, 224), keep="all")
    page = look_page(trace)
    assert len(page) < 6_000_000
    check_page(page, "en")
    said = chromium(page, "choose(0, false); return document.getElementById('details').textContent")
    assert "of 64 maps are in this page." in said
    assert "Values are rounded to" in said


class Named(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.add_module(HOSTILE.replace(".", ""), nn.Linear(2, 3))

    def forward(self, images):
        return next(self.children())(images)


def test_hostile_names_stay_text(chromium):
    page = look_page(
        record(Named(), torch.ones(1, 2), keep="all"), classes=[HOSTILE, "a", "b"], formulas={0: HOSTILE},
        receptive_fields={0: HOSTILE}, lang="zh",
    )  # fmt: skip
    check_page(page, "zh")
    found = chromium(
        page,
        "return [document.querySelectorAll('main script, main img').length, document.getElementById('details-title').textContent]",
    )
    assert found == [0, HOSTILE]


def test_layers_are_chosen_by_row_key_and_graph(chromium, lenet):
    page = look_page(lenet, graph=GRAPH, formulas={0: "⌊(28 − 5)/1⌋ + 1 = 24"}, receptive_fields={0: "5×5"})
    steps = (
        "const title = () => document.getElementById('details-title').textContent; const seen = [title()];"
        "const said = document.getElementById('details').textContent;"
        "const rows = document.querySelectorAll('tr[aria-level]'); rows[2].click(); seen.push(title());"
        "rows[2].focus(); const key = (name) => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: name, bubbles: true}));"
        "key('ArrowDown'); key('Enter'); seen.push(title());"
        "key('End'); key(' '); seen.push(title());"
        "document.querySelector('[data-op]').dispatchEvent(new MouseEvent('click', {bubbles: true})); seen.push(title());"
        "return [seen, said, document.querySelectorAll('tr[aria-selected=true]').length];"
    )
    seen, said, selected = chromium(page, steps)
    assert seen == ["conv1", "pool", "conv2", "fc3", "conv2"]
    assert selected == 1
    for part in ("⌊(28 − 5)/1⌋ + 1 = 24", "5×5", "2×1×28×28", "2×6×24×24", "lenet.py:", "self.conv1(images)"):
        assert part in said


def test_folding_and_finding(chromium):
    page = look_page(record(Nested(), torch.randn(1, 3, 8, 8)))
    steps = (
        "const shown = () => [...document.querySelectorAll('tr[aria-level]')].filter((row) => !row.hidden).map((row) => row.querySelector('.name').textContent);"
        "const before = shown(); document.querySelector('.fold').click(); const folded = shown();"
        "const search = document.querySelector('input[type=search]'); search.value = 'HEAD'; search.dispatchEvent(new Event('input'));"
        "return [before.length, folded, shown(), document.querySelector('tr[aria-expanded]').getAttribute('aria-expanded')];"
    )
    count, folded, found, _ = chromium(page, steps)
    assert count == 13
    assert folded == ["stem", "blocks", "adaptive_avg_pool2d", "flatten", "head"]
    assert found == ["head"]


def test_a_pixel_tells_its_number(chromium, lenet):
    steps = (
        "const canvas = document.querySelector('canvas.large'); canvas.scrollIntoView(); await new Promise((go) => setTimeout(go, 200));"
        "const box = canvas.getBoundingClientRect(); const at = (row, column) => ({clientX: box.left + (column + 0.5) * box.width / 24, clientY: box.top + (row + 0.5) * box.height / 24, bubbles: true});"
        "const read = () => document.querySelector('.reading').textContent;"
        "canvas.dispatchEvent(new PointerEvent('pointermove', at(7, 9))); const first = read();"
        "document.querySelectorAll('.maps button')[4].click(); return [first, read()];"
    )
    found = chromium(look_page(lenet), steps)
    kept = lenet.kept[lenet.ops[0].outputs[0]]
    for channel, said in zip((0, 4), found, strict=True):
        name, value = said.split(" = ")
        assert name == f"conv1[0, {channel}, 7, 9]"
        assert float(value.replace("−", "-")) == pytest.approx(float(kept[0, channel, 7, 9]), rel=1e-6)


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_nothing_is_wider_than_the_screen(chromium, lenet, width):
    wide = chromium(
        look_page(lenet, lang="zh"),
        "return [document.documentElement.scrollWidth, innerWidth]",
        size=(width, 800),
    )
    assert wide[0] <= wide[1]


def test_every_button_and_picture_has_a_name(chromium, lenet):
    steps = (
        "const named = (element) => (element.getAttribute('aria-label') || element.getAttribute('alt') || element.textContent).trim();"
        "return [...document.querySelectorAll('button, [role=img], img, input, select')].filter((element) => !named(element)).map((element) => element.outerHTML)"
    )
    assert chromium(look_page(lenet, graph=GRAPH, picture=np.zeros((2, 2, 1), np.uint8)), steps) == []
