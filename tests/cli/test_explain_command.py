"""`glassnet explain` as a person uses it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch
from rich.cells import cell_len
from torch import nn

import glassnet
from glassnet.errors import UsageError

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
FIVE, NINE, THREE = (EXAMPLES / f"{name}.json" for name in ("five_by_five", "nine", "three"))


def by_hand(net: str) -> str:
    return f"{EXAMPLES / 'by_hand.py'}:{net}"


def values(cli, net, numbers, name, shape):
    """Ask for every number of a layer, one command each."""
    found = torch.zeros(shape, dtype=torch.float64)
    for index in torch.ones(shape).nonzero().tolist():
        ended = cli("explain", net, numbers, "--at", f"{name}[{','.join(map(str, index))}]", "--json")
        assert ended.code == 0, ended.err
        assert ended.json["difference"] == 0
        assert math.fsum(term["value"] for term in ended.json["terms"]) == pytest.approx(
            ended.json["value"]
        ) or (ended.json["kind"] == "maximum")
        found[tuple(index)] = ended.json["value"]
    return found[0, 0].tolist() if len(shape) == 4 else found[0].tolist()


# -- the tutorials' numbers, typed in as they are ------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", [[10, 12, 12], [18, 16, 16], [13, 9, 3]]),
        ("(stride=2)", [[10, 12], [13, 3]]),
        (
            "(padding=1)",
            [[1, 3, 4, 10, 8], [5, 10, 12, 12, 6], [7, 18, 16, 16, 8], [11, 13, 9, 3, 4], [14, 13, 9, 7, 4]],
        ),
    ],
)
def test_convolution(cli, arguments, expected):
    shape = (1, 1, len(expected), len(expected))
    assert values(cli, by_hand(f"Convolution{arguments}"), FIVE, "conv", shape) == expected


@pytest.mark.parametrize(("ceil_mode", "expected"), [(False, [[2]]), (True, [[2, 3], [5, 1]])])
def test_max_pooling(cli, ceil_mode, expected):
    shape = (1, 1, len(expected), len(expected))
    assert values(cli, by_hand(f"Pooling(ceil_mode={ceil_mode})"), FIVE, "pool", shape) == expected


def test_linear(cli):
    assert values(cli, by_hand("Linear"), NINE, "linear", (1, 4)) == [26, 22, 48, 22]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--loss", "l1", "--target", "1,2,5"), 2 / 3),
        (("--loss", "mse", "--target", "1,2,5"), 4 / 3),
        (("--target", "1, 2, 5"), 4 / 3),
        (("--label", 1), math.log(math.e + math.e**2 + math.e**3) - 2),
        (("--loss", "sum"), 6),
        (("--loss", "mean"), 2),
        (("--loss", "smooth-l1", "--target", "1,2,5"), 0.5),
        (("--loss", "bce", "--label", 1), sum(math.log1p(math.exp(x)) for x in (1, 2, 3)) / 3 - 2 / 3),
    ],
)
def test_losses(cli, options, expected):
    found = cli("explain", by_hand("Numbers"), THREE, "--at", "loss", *options, "--json").json
    assert found["value"] == pytest.approx(expected, rel=1e-12)
    assert found["difference"] == pytest.approx(0, abs=1e-6)


def test_the_gradient_of_a_bias(cli):
    logits = torch.tensor([[26.0, 22, 48, 22]], dtype=torch.float64)
    expected = (logits.softmax(1) - torch.eye(4, dtype=torch.float64)[1])[0]
    for place in range(4):
        found = cli(
            "explain", by_hand("Linear"), NINE, "--label", 1, "--grad", f"linear.bias[{place}]", "--json"
        ).json
        assert found["value"] == pytest.approx(float(expected[place]), abs=1e-6)
        assert found["difference"] == pytest.approx(0, abs=1e-7)


def test_the_gradient_of_a_weight_names_the_input(cli):
    found = cli(
        "explain", by_hand("Linear"), NINE, "--loss", "sum", "--grad", "linear.weight[2,4]", "--json"
    ).json
    (term,) = found["terms"]
    assert (found["value"], term["upstream"], term["local"], term["local_is"]) == (4, 1, 4, "images[0,4]")


def test_the_update_is_weight_minus_rate_times_gradient(cli):
    words = ("explain", by_hand("Linear"), NINE, "--loss", "sum", "--step", "linear.weight[2,4]")
    found = cli(*words, "--lr", 0.1, "--json").json
    assert found["value"] == pytest.approx(1 - 0.1 * 4)
    assert found["terms"][-1]["worked"] == "1 − 0.1·4"
    found = cli(*words, "--lr", 0.1, "--momentum", 0.9, "--steps", 2, "--json").json
    assert found["value"] == pytest.approx(0.6 - 0.1 * (0.9 * 4 + 4))
    found = cli(*words, "--lr", 0.1, "--no-zero-grad", "--steps", 2, "--json").json
    assert found["value"] == pytest.approx(0.6 - 0.1 * 8)
    found = cli(*words, "--optimizer", "adam", "--json").json
    assert found["value"] == pytest.approx(1 - 0.001)
    assert found["optimizer"]["lr"] == 0.001


def test_every_example_in_the_file_runs(cli, monkeypatch):
    import shlex

    monkeypatch.chdir(EXAMPLES)
    text = (EXAMPLES / "by_hand.py").read_text("utf-8")
    commands = [line.strip() for line in text.splitlines() if line.strip().startswith("glassnet ")]
    assert len(commands) >= 5
    for command in commands:
        ended = cli(*shlex.split(command)[1:])
        assert ended.code == 0, ended.err


# -- what is shown ----------------------------------------------------------------------------------------------


def test_a_convolution_in_words(cli):
    ended = cli("explain", by_hand("Convolution(padding=1)"), FIVE, "--at", "conv[0,0,0,0]", "--lang", "en")
    assert ended.code == 0
    shown = ended.out.split("\n\n", 1)[1].splitlines()
    line = next(
        n
        for n, text in enumerate(Path(EXAMPLES / "by_hand.py").read_text().splitlines(), 1)
        if "self.conv(" in text
    )
    assert shown[:-1] == [
        "conv[0,0,0,0]",
        f"operation   torch.conv2d, {EXAMPLES / 'by_hand.py'}:{line}",
        "formula     Σ input·weight",
        "reads       input = images (1×1×5×5), weight = conv.weight (1×1×3×3)",
        "            images[0,0,0:2,0:2]     conv.weight[0,0,:,:]     products, together 1",
        "            .  .  .                 1  2  1                  .  .  .",
        "            .  1  2              ·  0  1  0               =  .  1  0",
        "            .  0  1                 2  1  0                  .  0  0",
        "",
        "sum         1, of 4 products",
        "            5 places of the window lie in the padding, and add 0",
        "value       1",
        "PyTorch     1",
        "difference  0",
    ]
    assert shown[-1].startswith("next        glassnet explain ")


def test_chinese_words_and_columns(cli):
    ended = cli("explain", by_hand("Linear"), NINE, "--at", "linear[0,2]", "--lang", "zh")
    lines = ended.out.splitlines()
    assert "公式        Σ input·weight + bias" in lines
    assert "手算值      48" in lines
    assert "bias        linear.bias[2] = 3" in lines
    for line in lines:
        if line[:1] and ord(line[0]) > 0x2E80:
            name = line.split(" ")[0]
            assert cell_len(name) + len(line[len(name) :]) - len(line[len(name) :].lstrip()) == 12


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    "question",
    [
        ("--at", "conv1[0,3,9,12]"), ("--at", "conv2[0,3,5,7]"), ("--at", "conv2[0,3,5,7]", "--depth", 9),
        ("--at", "fc1[0,3]"), ("--at", "loss"), ("--at", "loss", "--depth", 4), ("--grad", "conv1.bias[0]"),
        ("--grad", "conv1.weight[0,0,0,0]", "--depth", 3), ("--at", "pool[0,0,3,3]"),
        ("--step", "fc1.weight[0,0]", "--optimizer", "adamw", "--steps", 3), ("--at", "images[0,0,9,9]"),
    ],
)  # fmt: skip
def test_everything_fits_in_a_hundred_columns(cli, question, lang):
    ended = cli("explain", "lenet", "fashion-mini", *question, "--lang", lang)
    assert ended.code == 0, ended.err
    shown = ended.out.split("\n\n", 1)[1].split("\nnext ")[0]
    for line in shown.splitlines():
        assert cell_len(line) <= 100 or ".py:" in line, line


def test_depth_shows_the_way_back(cli):
    ended = cli("explain", "lenet", "fashion-mini", "--at", "fc1[0,3]", "--depth", 9, "--terms", 1)
    assert "          + and 150 more = " in ended.out  # of conv2's 151 terms, three numbers down
    found = cli(
        "explain", "lenet", "fashion-mini", "--at", "fc1[0,3]", "--depth", 9, "--terms", 1, "--json"
    ).json
    names = []
    while "followed" in found:
        assert found["not_followed"]["terms"] == len(found["terms"]) - 1
        (followed,) = found["followed"]
        if not followed["operands"]:
            break
        (found,) = followed["operands"]
        names.append(found["address"].split("[")[0])
    assert names == ["flatten", "pool:2", "relu_1", "conv2", "pool", "relu", "conv1"]


def test_whose_class_the_loss_wants(cli, tmp_path):
    ended = cli("explain", "lenet", "fashion-mini[3]", "--grad", "fc3.bias[0]", "--lang", "en")
    assert "the loss wants the picture's own class, Trouser" in ended.out
    ended = cli(
        "explain", "lenet", "fashion-mini[3]", "--grad", "fc3.bias[0]", "--label", "Bag", "--lang", "en"
    )
    assert "the loss wants the class Bag, as asked" in ended.out
    (tmp_path / "numbers.json").write_text(json.dumps([[0.5] * 28] * 28))
    ended = cli(
        "explain", "lenet(in_channels=1, size=28)", "numbers.json", "--grad", "fc3.bias[0]", "--lang", "en"
    )
    assert ended.code == 0, ended.err
    assert "the picture has no label: the loss wants the predicted class, " in ended.out


@pytest.fixture
def two_modes(tmp_path):
    """A network that is another one in training mode, and draws random numbers there."""
    (tmp_path / "net.py").write_text(
        "from torch import nn\nclass Net(nn.Sequential):\n    def __init__(self):\n"
        "        super().__init__(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(), nn.Flatten())\n"
    )
    return "net.py:Net"


def test_the_mode_is_eval_unless_asked(cli, two_modes):
    words = ("explain", two_modes, FIVE, "--at", "1[0,0,1,1]", "--lang", "en", "--json")
    found = cli(*words).json
    assert (found["train"], found["operands"]["running_mean"]) == (False, "1.running_mean")
    trained = cli(*words, "--train").json
    assert trained["train"]
    assert "the network runs in training mode" in trained["notes"]
    assert trained["value"] != found["value"]
    assert trained["difference"] == pytest.approx(0, abs=1e-5)


def test_what_training_mode_draws_follows_the_seed(cli, two_modes):
    words = ("explain", two_modes, FIVE, "--train", "--loss", "sum", "--at", "loss", "--json")
    first, again, other = (cli(*words, "--seed", seed).json for seed in (1, 1, 2))
    assert first["value"] == again["value"] != other["value"]
    found = cli(
        "explain", two_modes, FIVE, "--train", "--loss", "sum", "--grad", "0.weight[0,0,0,0]", "--json"
    ).json
    assert found["difference"] == pytest.approx(0, abs=1e-5)


def test_an_operation_without_a_rule(cli, tmp_path):
    (tmp_path / "net.py").write_text(
        "import torch\nfrom torch import nn\nclass Net(nn.Module):\n"
        "    def forward(self, x):\n        return torch.linalg.inv(x)\n"
    )
    (tmp_path / "x.json").write_text("[[2, 0], [0, 4]]")
    ended = cli("explain", "net.py:Net", "x.json", "--at", "output[0,0,0,0]", "--lang", "en")
    if ended.code:
        ended = cli("explain", "net.py:Net", "x.json", "--at", "output[0,0]", "--lang", "en")
    assert "no rule works linalg_inv out by hand; here is what it reads" in ended.out
    assert "PyTorch     0.5" in ended.out


def test_files(cli, tmp_path):
    words = ("explain", by_hand("Convolution"), FIVE, "--lang", "en")
    ended = cli(*words, "--at", "conv[0,0,1,1]", "--html", "out/conv.html", "--gif", "conv.gif")
    assert ended.code == 0, ended.err
    assert "page        out/conv.html\nanimation   conv.gif\n" in ended.out
    assert (tmp_path / "out" / "conv.html").read_text("utf-8").startswith("<!doctype html>")
    assert (tmp_path / "conv.gif").read_bytes().startswith(b"GIF89a")
    ended = cli("explain", "lenet", "fashion-mini", "--at", "relu[0,2,5,5]", "--html", "relu.html")
    assert "max(0, input)" in (tmp_path / "relu.html").read_text("utf-8")
    ended = cli("explain", by_hand("Linear"), NINE, "--at", "linear[0,1]", "--gif", "x.gif")
    assert (ended.code, ended.err) == (
        2,
        "error: only a window that moves can be animated\n"
        "  where: --gif\n"
        "  got: linear.linear\n"
        "  expected: a number of a convolution or a pooling, of one or two dimensions\n",
    )
    ended = cli(*words, "--grad", "conv.weight[0,0,0,0]", "--html", "x.html")
    assert ended.err.startswith("error: --html shows a number: it goes with --at\n")
    assert not (tmp_path / "x.html").exists()


def test_numbers_that_are_not_finite(cli, tmp_path):
    (tmp_path / "x.json").write_text("[1, -Infinity, NaN]")
    found = cli(
        "explain", by_hand("Numbers"), "x.json", "--loss", "sum", "--at", "images[0,1]", "--json"
    ).json
    assert found["value"] == "-inf"
    found = cli("explain", by_hand("Numbers"), "x.json", "--loss", "sum", "--at", "loss", "--json").json
    assert (found["value"], found["torch_value"], found["difference"]) == ("nan", "nan", 0)


# -- what is refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            (),
            "error: which number is to be explained?\n"
            "  expected: one of --at, --grad and --step\n"
            '  hint: glassnet explain NET PICTURE --at "conv1[0,3,5,7]"\n',
        ),
        (
            ("--at", "loss", "--grad", "loss"),
            "error: one question at a time\n"
            "  got: loss and loss\n"
            "  expected: one of --at, --grad and --step\n"
            '  hint: glassnet explain NET PICTURE --at "conv1[0,3,5,7]"\n',
        ),
        (
            ("--at", "linaer[0,0]"),
            "error: the network has no such value\n"
            "  got: 'linaer'\n"
            "  expected: images, linear\n"
            "  hint: did you mean 'linear'?\n",
        ),
        (
            ("--at", "linear[0,4]"),
            "error: linear has no number there\n"
            "  where: linear[0,4]\n"
            "  got: 4 on axis 1 (axes count from 0)\n"
            "  expected: -4 to 3: its shape is 1×4\n",
        ),
        (
            ("--step", "linear[0,0]"),
            "error: an optimizer changes parameters only\n"
            "  where: linear[0,0]\n"
            "  got: a value of kind result\n"
            "  expected: linear.weight, linear.bias\n"
            '  hint: its gradient: --grad "linear[0,0]"\n',
        ),
        (("--at", "linear[0,0]", "--depth", 0), "error: --depth is too small\n  got: 0\n  expected: 1 or more\n"),
        (
            ("--step", "linear.bias[0]", "--momentum", 1),
            "error: --momentum cannot be this\n  got: 1.0\n  expected: 0 or more, below 1\n",
        ),
        (
            ("--step", "linear.bias[0]", "--optimizer", "nesterov", "--momentum", 0),
            "error: --momentum cannot be this\n  got: 0.0\n  expected: above 0, below 1\n",
        ),
        (
            ("--at", "loss", "--label", "7"),
            "error: the network has no such class\n  where: --label\n  got: '7'\n  expected: 0 to 3\n",
        ),
        (
            ("--at", "loss", "--target", "1,2"),
            "error: the target has another shape than the output\n"
            "  where: --target\n  got: 2\n  expected: 1×4\n",
        ),
        (
            ("--at", "loss", "--loss", "sum", "--label", "1"),
            "error: the loss sum compares with nothing of that kind\n  where: --label\n  got: 1\n",
        ),
        (
            ("--at", "loss", "--loss", "output"),
            "error: the output is not one number, so it is no loss\n"
            "  where: --loss\n  got: tensor 1×4\n  hint: --loss sum\n",
        ),
        (
            ("--at", "loss", "--loss", "cross-entropy", "--target", "1,2,3,4"),
            "error: the loss cross-entropy compares with a class\n  where: --target\n  hint: --label CLASS\n",
        ),
    ],
)  # fmt: skip
def test_the_words_of_refusals(cli, words, expected):
    ended = cli("explain", by_hand("Linear"), NINE, *words)
    assert (ended.code, ended.err) == (2, expected)


def test_an_error_is_one_json_object_too(cli):
    ended = cli("explain", by_hand("Linear"), NINE, "--at", "linaer[0,0]", "--json")
    assert ended.code == 2
    assert ended.json["error"]["hint"] == "did you mean 'linear'?"


def test_a_network_that_raises_tells_where(cli):
    ended = cli("explain", "fashion-cnn", "fashion-mini", "--train", "--at", "loss")
    assert (ended.code, "Traceback" in ended.err) == (2, False)
    assert ended.err.startswith(
        "error: the network raises ValueError: Expected more than 1 value per channel"
    )
    assert "fashion_cnn.py:" in ended.err


def test_a_run_is_explained_with_its_own_weights_and_scaling(cli, finished_run):
    found = cli(
        "explain", finished_run.path, "fashion-mini[3]", "--grad", "conv1.bias[0]", "--json", "--lang", "en"
    ).json
    assert found["difference"] == pytest.approx(0, abs=1e-5)
    assert any("scaled as in the training" in note for note in found["notes"])


def test_symbols_fall_back_to_ascii(process):
    words = (
        "explain",
        by_hand("Linear"),
        NINE,
        "--step",
        "linear.bias[0]",
        "--optimizer",
        "adam",
        "--lang",
        "en",
    )
    ended = process(*words, env={"PYTHONIOENCODING": "cp1252", "NO_COLOR": "1"})
    assert ended.code == 0, ended.err
    assert "w - lr·m^/(sqrtv^ + eps)" in ended.out
    assert "\\u" not in ended.out


# -- in Python --------------------------------------------------------------------------------------------------


def test_a_module_and_a_tensor():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()).train()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    found = glassnet.explain(net, torch.rand(1, 1, 5, 5), at="0[0,1,2,2]", lang="en")
    assert isinstance(found, glassnet.Explanation)
    assert found.value == pytest.approx(found.torch_value, abs=1e-6)
    assert found.plain()["address"] == "0[0,1,2,2]"
    found = glassnet.explain(net, torch.rand(1, 1, 5, 5), grad="0.bias[1]", loss="sum")
    assert found.difference == pytest.approx(0, abs=1e-5)
    found = glassnet.explain(
        net, torch.rand(1, 1, 5, 5), step="0.bias[1]", loss="sum", optimizer="adam", steps=3
    )
    assert found.difference == pytest.approx(0, abs=1e-6)
    assert all(torch.equal(before[name], tensor) for name, tensor in net.state_dict().items())
    assert all(parameter.grad is None for parameter in net.parameters())


def test_a_network_that_gives_its_own_loss():
    class WithLoss(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(2, 1)

        def forward(self, x):
            return self.layer(x).square().mean()

    found = glassnet.explain(WithLoss(), torch.ones(3, 2), grad="layer.weight[0,0]")
    assert found.loss.name == "output"
    assert found.difference == pytest.approx(0, abs=1e-6)


def test_whole_numbers_have_no_gradient():
    with pytest.raises(UsageError, match="whole numbers have no gradient"):
        glassnet.explain(nn.Embedding(3, 2), torch.tensor([[0, 1]]), grad="images[0,0]", loss="sum")


def test_json_keys_are_documented(cli):
    section = (
        (EXAMPLES.parent / "commands.md").read_text("utf-8").split("## glassnet explain")[1].split("\n## ")[0]
    )
    for question in (
        ("--at", "fc1[0,3]", "--depth", 2),
        ("--grad", "conv1.bias[0]"),
        ("--step", "conv1.bias[0]"),
    ):
        found = cli("explain", "lenet", "fashion-mini", *question, "--json").json
        assert [key for key in (*found, *found["terms"][0]) if f"`{key}`" not in section] == []
