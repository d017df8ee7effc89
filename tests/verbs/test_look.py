"""`look` from Python: what it gives, how it leaves the network, and what it says where a network fails."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch
from torch import nn

import glassnet
from glassnet.errors import NetError, UsageError
from glassnet.terminal import open_terminal
from toys import Tiny, same_bits, weights_of

pytestmark = pytest.mark.usefixtures("alone")
RESNET = Path(__file__).parents[2] / "docs" / "examples" / "resnet.py"


def test_a_module_is_looked_at_and_left_as_it_was():
    net = Tiny().train()
    before, hooks = weights_of(net), len(net._forward_hooks)
    found = glassnet.look(net, torch.rand(2, 1, 8, 8), lang="en")
    assert found.table.totals.parameters == sum(p.numel() for p in net.parameters())
    assert found.buffers == 4 + 4 + 1
    assert (found.check.inputs, found.check.outputs, found.check.passed) == ((2, 1, 8, 8), 3, True)
    assert found.facts.shape == (2, 1, 8, 8)
    assert same_bits(before, weights_of(net))
    assert all(part.training for part in net.modules())
    assert len(net._forward_hooks) == hooks


def test_training_mode_is_recorded_where_it_is_asked_for():
    assert all(
        call.training for call in glassnet.look(Tiny(), torch.rand(2, 1, 8, 8), train=True).trace.calls
    )
    assert not any(call.training for call in glassnet.look(Tiny(), torch.rand(2, 1, 8, 8)).trace.calls)


def test_the_devices_and_versions_are_told():
    """Row 2 of the lessons."""
    found = glassnet.look("lenet")
    assert found.device in {"cpu", "cuda:0", "mps:0"}
    assert found.versions["torch"] == torch.__version__
    assert {"glassnet", "python", "numpy", "torchvision"} <= found.versions.keys()


def test_the_example_network_has_the_names_of_the_weights():
    names = set()
    for net, parameters in (("resnet20", 269_722), ("resnet56", 853_018)):
        found = glassnet.look(f"{RESNET}:{net}", input="3x32x32")
        names |= {p.name for module in found.trace.modules for p in module.parameters}
        assert found.table.totals.parameters == parameters
    assert {
        "conv1.weight",
        "bn1.bias",
        "layer1.0.conv1.weight",
        "layer3.8.bn2.weight",
        "linear.bias",
    } <= names


class Wrong(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 5)
        self.fc = nn.Linear(6 * 28 * 28, 10)

    def forward(self, x):
        return self.fc(torch.relu(self.conv(x)).flatten(1))


def line_of(text: str) -> int:
    return next(n for n, line in enumerate(Path(__file__).read_text("utf-8").splitlines(), 1) if text in line)


def test_a_picture_of_the_wrong_size_is_told_with_what_would_fit():
    with pytest.raises(NetError) as error:
        glassnet.look(Wrong(), input="3x28x28")
    assert str(error.value) == (
        "the network raises RuntimeError: mat1 and mat2 shapes cannot be multiplied (1x3456 and 4704x10)\n"
        f"  where: module fc, {__file__}:{line_of('return self.fc(torch.relu')}\n"
        "  got: linear(1×3456, 10×4704, 10)\n"
        "  expected: pictures of 3×32×32, which run through it\n"
        "  hint: before it: conv.conv2d → 1×6×24×24; relu → 1×6×24×24; flatten → 1×3456"
    )


class Mistyped(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 5)

    def forward(self, x):
        return self.convolution(x)


def test_a_networks_own_mistake_is_told_as_it_is():
    with pytest.raises(NetError) as error:
        glassnet.look(Mistyped())
    assert str(error.value) == (
        "the network raises AttributeError: 'Mistyped' object has no attribute 'convolution'\n"
        f"  where: {__file__}:{line_of('return self.convolution(x)')}"
    )


def test_where_nothing_fits_what_was_tried_is_told():
    net = nn.Sequential(nn.Conv2d(2, 1, 3), nn.Flatten(), nn.Linear(7, 1))
    with pytest.raises(NetError) as error:
        glassnet.look(net)
    assert error.value.parts["expected"].startswith(
        "another size of pictures (--input), or another network: none of 2×32×32, 2×28×28, 2×224×224, "
    )


def test_files_are_written_where_they_are_asked_for(tmp_path):
    found = glassnet.look(
        "lenet", "fashion-mini", graph=tmp_path / "g.svg", backward_graph=tmp_path / "b.svg", maps="conv1",
        curves=True, html=tmp_path / "page.html", out=tmp_path / "pictures", lang="zh",
    )  # fmt: skip
    assert {name: path.relative_to(tmp_path).as_posix() for name, path in found.files.items()} == {
        "graph": "g.svg", "backward_graph": "b.svg", "maps": "pictures/maps-conv1.png",
        "kernels": "pictures/kernels-conv1.png", "curves": "pictures/curves.png", "page": "page.html",
    }  # fmt: skip
    assert all(path.stat().st_size > 1000 for path in found.files.values())
    assert "⌊(28 + 2·0 − 1·(5 − 1) − 1)/1⌋ + 1 = 24" in (tmp_path / "page.html").read_text("utf-8")
    assert (tmp_path / "g.svg").read_text("utf-8").lstrip().startswith(("<svg", "<?xml"))
    assert [row.name for row in found.table.loss] == ["cross_entropy"]


def test_a_layer_that_is_not_there_writes_nothing(tmp_path):
    with pytest.raises(UsageError, match="conv3"):
        glassnet.look("lenet", maps="conv3", graph=tmp_path / "g.svg", out=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_resnet50_is_looked_at_in_seconds():
    """It takes about 2 seconds on one core; the bound is wide, for other work may run beside it."""
    import timm

    assert timm.is_model("resnet50")
    start = time.perf_counter()
    found = glassnet.look("timm:resnet50", terminal=open_terminal(json=True))
    assert found.table.totals.parameters == 25_557_032
    assert time.perf_counter() - start < 60


def test_numbers_that_a_network_overwrites_are_told_as_given_and_stay():
    given = torch.tensor([[-1.0, 2, 3], [-4, -5, -6]])
    found = glassnet.look(nn.ReLU(inplace=True), given, lang="en")
    assert found.facts.statistics.minimum == -6
    assert given.min() == -6
