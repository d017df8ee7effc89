"""`glassnet look` as a person uses it, held against texts in both languages."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

HERE = Path(__file__).parent
RESNET = HERE.parents[1] / "docs" / "examples" / "resnet.py"
MASKED = (
    (r" +[\d.]+ m?s\b", " TIME"),  # with the spaces before it: columns are as wide as their cells
    (r"PyTorch \S+ (?=can use|能用)", "PyTorch VERSION "),
    (r"(threads: |线程数：)\d+", r"\1N"),
    (r"^(versions|版本) +.*$", r"\1 VERSIONS"),
    (r"^(device|设备) +(cuda|mps).*$", r"\1 DEVICE"),
)


def masked(text: str) -> str:
    """Replace what differs between two machines or runs."""
    for pattern, instead in MASKED:
        text = re.sub(pattern, instead, text, flags=re.MULTILINE)
    return re.sub(r" +(time|时间)  (sees|感受野)", r" \1  \2", text)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_lenet_is_told_word_by_word(cli, lang):
    ended = cli("look", "lenet", "--lang", lang)
    assert ended.code == 0
    expected = HERE / f"look_lenet_{lang}.txt"
    assert masked(ended.out) == expected.read_text("utf-8")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_order_of_execution_and_parameters(cli, tmp_path, lang):
    """Rows 3 and 6 of the lessons."""
    (tmp_path / "net.py").write_text(
        "import torch\n"
        "from torch import nn\n"
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.conv = nn.Conv2d(1, 2, 3)\n"
        "        self.forgotten = nn.Linear(2, 2)\n"
        "    def forward(self, x):\n"
        "        x = torch.relu(self.conv(x))\n"
        "        return x.flatten(1)\n"
    )
    ended = cli(
        "look", f"{tmp_path}/net.py:Net", "--order", "--parameters", "--input", "1x4x4", "--lang", lang
    )
    words = {
        "en": ("what __init__ made", "never called in this pass", "what forward did, line by line",
               "6 of them are read by no operation: forgotten.weight, forgotten.bias"),
        "zh": ("__init__ 创建了什么", "这一次没有被调用", "forward 逐行做了什么",
               "其中 6 个没有被任何运算读取：forgotten.weight, forgotten.bias"),
    }[lang]  # fmt: skip
    made, never, did, unused = words
    assert f"\n{made}\n  conv  Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1))\n" in ended.out
    assert f"  forgotten  Linear(in_features=2, out_features=2, bias=True)  {never}\n" in ended.out
    assert unused in ended.out
    order = ended.out[ended.out.index(did) :]
    lines = [line.strip() for line in order.splitlines()[1:9]]
    assert lines[0].startswith("net.py:9 ")  # seen from the working folder
    assert lines[1:4] == [
        "x = torch.relu(self.conv(x))",
        "1  conv.conv2d  1×1×4×4 → 1×2×2×2  conv.weight, conv.bias",
        "2  relu         1×2×2×2",
    ]
    assert lines[5:7] == ["return x.flatten(1)", "3  flatten  1×2×2×2 → 1×8"]
    assert re.search(r"^conv\.weight +2×1×3×3 +18 +float32 +\S+ +\S+ +\d\.\d+", ended.out, re.MULTILINE)


def test_json_is_the_whole_look(cli):
    found = cli("look", "lenet", "fashion-mini[3]", "--json", "--order").json
    assert found["totals"]["parameters"] == 44_426
    assert found["totals"]["macs"] == 281_640
    assert found["picture"]["label"] == "Trouser"
    assert found["check"]["passed"] is True
    first = found["rows"]["children"][0]
    assert (first["path"], first["type"], first["outputs"]) == ("conv1", "Conv2d", [[1, 6, 24, 24]])
    assert first["size"]["worked"] == ["⌊(28 + 2·0 − 1·(5 − 1) − 1)/1⌋ + 1 = 24"]
    assert [axis["size"] for axis in first["receptive_field"]] == [5, 5]
    assert found["trace"]["operations"][0]["source"]["text"] == "x = self.pool(F.relu(self.conv1(images)))"
    assert cli("look", "lenet", "--json").json["trace"] is None


def test_a_row_s_facts_of_a_picture(cli, tmp_path):
    """Row 1 of the lessons."""
    Image.fromarray(np.full((32, 32, 3), 51, np.uint8)).save(tmp_path / "grey.png")
    ended = cli("look", "lenet", tmp_path / "grey.png", "--lang", "en")
    assert (
        "numpy.ndarray 32×32×3 uint8 on cpu, 3.07 kB; from 51 to 51, mean 51, deviation 0; contiguous in memory\n"
        in ended.out
    )
    assert (
        "torch.Tensor 1×3×32×32 float32 on cpu, 12.3 kB; from 0.2 to 0.2, mean 0.2, deviation 0; contiguous in "
        "memory; it does not share memory with the NumPy array of pixels: scaling made a copy\n" in ended.out
    )


def test_every_command_ends_with_the_next(cli, tmp_path):
    ended = cli("look", "lenet", "fashion-mini[3]", "--lang", "en")
    assert ended.out.splitlines()[-3:] == [
        "next        glassnet explain lenet 'fashion-mini[3]' --lang en --at \"conv1[0,0,12,12]\"",
        "            glassnet look lenet 'fashion-mini[3]' --lang en --order",
        "            glassnet look lenet 'fashion-mini[3]' --lang en --html look.html",
    ]


def test_a_file_of_weights_alone(cli, tmp_path):
    net = torch.nn.Sequential(
        torch.nn.Conv2d(3, 6, 5), torch.nn.BatchNorm2d(6, affine=False), torch.nn.PReLU(6)
    )
    torch.save({"state_dict": {f"module.{k}": v for k, v in net.state_dict().items()}}, tmp_path / "w.th")
    ended = cli("look", tmp_path / "w.th", "--lang", "en")
    assert ended.code == 0
    assert ended.out.startswith("network     a file of weights: 6 tensors, 475 numbers, ")
    assert "            the prefix 'module.' was taken off all names\n" in ended.out
    assert "  0  Conv2d(3, 6, kernel_size=(5, 5))\n" in ended.out
    assert "  1  BatchNorm2d(6, affine=False)\n" in ended.out
    found = cli("look", tmp_path / "w.th", "--json").json
    assert found["tensors"][0] == {"name": "0.weight", "shape": [6, 3, 5, 5], "dtype": "float32", "size": 450}
    assert found["layers"][0] == {"path": "0", "layer": "Conv2d(3, 6, kernel_size=(5, 5))"}


def test_a_network_of_ones_own_with_weights_from_elsewhere(cli, tmp_path):
    from glassnet.nets.build import build

    net = build(f"{RESNET}:resnet20", in_channels=3, height=32, width=32, num_classes=10).module
    torch.save({"state_dict": {f"module.{k}": v for k, v in net.state_dict().items()}}, tmp_path / "r.th")
    ended = cli(
        "look", f"{RESNET}:resnet20", "--weights", tmp_path / "r.th", "--input", "3x32x32", "--lang", "en"
    )
    assert ended.code == 0
    assert "the prefix 'module.' was taken off all names" in ended.out
    assert (
        "  0 … 2              3 × Block           1×16×32×32                   14,016     14,155,776"
        in ended.out
    )
    refused = cli("look", "lenet", "--weights", tmp_path / "r.th")
    assert refused.code == 2
    assert refused.err.startswith("error: the weights do not fit the network\n  where: ")


@pytest.mark.skipif("GLASSNET_FOREIGN_WEIGHTS" not in os.environ, reason="no file of real weights is named")
def test_real_foreign_weights(cli):
    """`GLASSNET_FOREIGN_WEIGHTS` names a resnet20 for CIFAR-10, as `look` is often given one."""
    words = ("look", f"{RESNET}:resnet20", "--weights", os.environ["GLASSNET_FOREIGN_WEIGHTS"], "--json")
    assert cli(*words).json["totals"]["parameters"] == 269_722


def test_a_network_that_fails_exits_with_2_and_its_own_error(cli):
    ended = cli("look", "lenet", "--input", "1x17x9", "--json")
    assert ended.code == 2
    assert json.loads(ended.out)["error"]["what"] == "the pictures are too small for lenet"


def test_a_terminal_that_is_too_narrow_says_what_it_leaves_out():
    import io

    from rich.console import Console

    import glassnet
    from glassnet.terminal import Terminal

    console = Console(file=io.StringIO(), force_terminal=True, width=90, soft_wrap=True, color_system=None)
    glassnet.look("lenet", lang="en", terminal=Terminal(console, console))
    text = console.file.getvalue()
    assert "the terminal is too narrow for: line, time, memory" in text
    assert "pool:2   H, W: ⌊(10 + 2·0 − 1·(2 − 1) − 1)/2⌋ + 1 = 5" in text
    table = text[text.index("module or operation") : text.index("sees: ")]
    assert max(map(len, table.splitlines())) <= 90
