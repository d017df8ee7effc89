"""Networks from every source: what is filled in, what is kept for the run, and errors in exact words."""

from __future__ import annotations

import inspect
import json
import sys

import pytest
import torch
from torch import nn

from glassnet.errors import NetError
from glassnet.nets import NETS
from glassnet.nets.build import build, given
from glassnet.nets.fit_check import check_fits
from glassnet.nets.measure import num_parameters

GREY = {"in_channels": 1, "height": 28, "width": 28, "num_classes": 7}
COLOUR = {"in_channels": 3, "height": 32, "width": 32, "num_classes": 10}


def fits(built, pictures):
    check_fits(
        built.module,
        channels=pictures["in_channels"],
        height=pictures["height"],
        width=pictures["width"],
        num_classes=pictures["num_classes"],
    )
    return True


def error_of(net, pictures=GREY, **options):
    with pytest.raises(NetError) as caught:
        build(net, **pictures, **options)
    return str(caught.value)


@pytest.mark.parametrize("name", ["mlp", "mlp-deep", "fashion-cnn", "lenet", "cifar-quick", "linear-preview"])
@pytest.mark.parametrize("pictures", [GREY, COLOUR, {**COLOUR, "height": 40, "width": 24}])
def test_our_networks_fit_the_pictures(name, pictures):
    assert fits(build(name, **pictures), pictures)


@pytest.mark.parametrize("name", NETS)
def test_the_record_is_json_and_builds_the_same_again(name):
    torch.manual_seed(3)
    first = build(name, **GREY)
    record = json.loads(json.dumps(first.record))
    torch.manual_seed(3)
    again = build(record["resolved"], **GREY)
    assert again.record["resolved"] == record["resolved"]
    assert str(again.module) == str(first.module)
    for key, value in first.module.state_dict().items():
        assert torch.equal(value, again.module.state_dict()[key])


def test_the_record_of_a_network():
    built = build("lenet(width=8)", **GREY)
    assert built.record == {
        "net": "lenet(width=8)",
        "resolved": "lenet(width=8, in_channels=1, num_classes=7, size=28)",
        "class": "glassnet.nets.lenet.LeNet",
        "input": {"channels": 1, "height": 28, "width": 28},
        "num_classes": 7,
        "weights": None,
        "source": None,
    }
    assert built.notes == ("filled in for the pictures: in_channels=1, num_classes=7, size=28",)
    assert built.sources == {}


def test_what_the_person_gave_wins():
    assert build("mlp(num_classes=3)", **GREY).module.linear_relu_stack[-1].out_features == 3


def test_errors_of_our_own_networks():
    assert error_of("lenet(widht=8)") == (
        "LeNet takes no argument 'widht'\n  where: lenet(widht=8)\n  hint: did you mean 'width'?"
    )
    assert error_of("lenet(width='wide')").startswith(
        "the network cannot be built\n"
        "  where: lenet(width='wide', in_channels=1, num_classes=7, size=28)\n"
        "  got: TypeError: "
    )


# --- torchvision


def test_resnet18_for_grey_pictures_and_seven_classes():
    built = build("torchvision:resnet18", **GREY)
    assert built.record["resolved"] == "torchvision:resnet18(num_classes=7)"
    assert built.module.conv1.weight.shape == (64, 1, 7, 7)
    # 11,689,512 as published for 1000 classes and 3 channels, less what the head and first layer lack
    assert num_parameters(built.module) == 11_689_512 - 993 * 513 - 2 * 64 * 49
    assert fits(built, GREY)


def test_grey_network_computes_what_the_original_computes_on_grey_colour_pictures():
    torch.manual_seed(0)
    colour = build("torchvision:resnet18", **{**GREY, "in_channels": 3}).module.eval()
    torch.manual_seed(0)
    grey = build("torchvision:resnet18", **GREY).module.eval()
    images = torch.rand(2, 1, 28, 28)
    with torch.no_grad():
        assert torch.allclose(grey(images), colour(images.expand(-1, 3, -1, -1)), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "pictures"),
    [
        ("vit_b_16", {**COLOUR, "height": 64, "width": 64}),
        ("mobilenet_v3_small", GREY),
        ("squeezenet1_0", {**GREY, "height": 64, "width": 64}),
        ("googlenet", COLOUR),
    ],
)
def test_other_torchvision_networks(name, pictures):
    built = build(f"torchvision:{name}", **pictures)
    assert fits(built, pictures)
    with torch.no_grad():
        size = (pictures["in_channels"], pictures["height"], pictures["width"])
        assert isinstance(built.module.train()(torch.rand(4, *size)), torch.Tensor)


def test_errors_of_torchvision():
    assert error_of("torchvision:resnet81") == (
        "torchvision has no classifier 'resnet81'\n  where: torchvision:resnet81\n"
        "  hint: did you mean 'resnet18'?"
    )
    assert error_of("torchvision:fcn_resnet50") == (
        "torchvision has no classifier 'fcn_resnet50'\n"
        "  where: torchvision:fcn_resnet50\n"
        "  hint: it is a torchvision network, but not one that classifies pictures"
    )
    assert error_of("torchvision:vit_b_16", {**COLOUR, "width": 48}) == (
        "vit_b_16 takes square pictures only\n  where: torchvision:vit_b_16\n  got: 32×48"
    )
    assert error_of("torchvision:resnet18(depth=3)").startswith(
        "the network cannot be built\n  where: torchvision:resnet18(num_classes=7, depth=3)\n"
        "  got: TypeError: "
    )
    assert error_of("torchvision:resnet18", {**COLOUR, "in_channels": 4}) == (
        "torchvision's networks take 1 or 3 channels\n  where: torchvision:resnet18\n  got: 4"
    )


# --- timm


@pytest.mark.parametrize("name", ["resnet18", "vit_tiny_patch16_224", "mobilenetv3_small_050.lamb_in1k"])
def test_timm_for_grey_pictures_and_seven_classes(name):
    pytest.importorskip("timm", reason="pip install 'glassnet[timm]'")
    pictures = {**GREY, "height": 32, "width": 48}
    built = build(f"timm:{name}", **pictures)
    assert fits(built, pictures)
    assert ("img_size=(32, 48)" in built.record["resolved"]) == name.startswith("vit")


def test_errors_of_timm(monkeypatch):
    pytest.importorskip("timm", reason="pip install 'glassnet[timm]'")
    assert error_of("timm:resnet81") == (
        "timm has no network 'resnet81'\n  where: timm:resnet81\n  hint: did you mean 'resnet18'?"
    )
    assert error_of("timm:resnet18.nonsense").startswith(
        "timm has no weights 'nonsense' for resnet18\n  where: timm:resnet18.nonsense\n"
        "  hint: known: a1_in1k, "
    )
    assert error_of("timm:resnet18(pretrained=True)") == (
        "'pretrained' is not given to timm by a NET\n"
        "  where: timm:resnet18(pretrained=True)\n"
        "  hint: write weights=DEFAULT for timm's own weights, or weights='PATH'"
    )
    assert error_of("timm:resnet18(weights=DEFAULT)") == (
        "the weights are not downloaded: GLASSNET_OFFLINE is set\n"
        "  where: timm:resnet18(weights=DEFAULT)\n"
        "  got: https://huggingface.co/timm/resnet18.a1_in1k/resolve/main/model.safetensors\n"
        "  hint: download https://huggingface.co/timm/resnet18.a1_in1k/resolve/main/model.safetensors "
        "and give the file: timm:resnet18(weights='PATH')"
    )
    monkeypatch.setitem(sys.modules, "timm", None)
    assert error_of("timm:resnet18") == (
        "timm is not installed\n  where: timm:resnet18\n  hint: pip install 'glassnet[timm]'"
    )


# --- a person's own file

OWN = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width=4, in_channels=3, classes=10, image_size=32):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, width, 3, padding=1)
        self.fc = nn.Linear(width * image_size * image_size, classes)

    def forward(self, x):
        return self.fc(torch.flatten(self.conv(x), 1))


class Needy(nn.Module):
    def __init__(self, input_size, hidden, num_classes):
        super().__init__()


class Broken(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, undefined)


class NotANet:
    pass


def make(width=2, num_classes=10):
    return nn.Sequential(nn.Flatten(), nn.LazyLinear(width), nn.ReLU(), nn.Linear(width, num_classes))


def nothing():
    return {"a": 1}


ready = nn.Sequential(nn.Flatten(), nn.Linear(784, 7))
number = 3
"""


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "my nets" / "网.py"
    path.parent.mkdir()
    path.write_text(OWN, encoding="utf-8")
    return path


def test_a_class_in_a_file(own):
    built = build(f"{own}:Net(width=8)", **GREY)
    assert built.record["resolved"] == f"{own}:Net(width=8, in_channels=1, classes=7, image_size=28)"
    assert built.record["source"]["path"] == str(own)
    assert built.sources == {"网.py": OWN}
    assert fits(built, GREY)
    assert inspect.getsource(type(built.module)).startswith("class Net(nn.Module):")


def test_a_relative_path_becomes_absolute(own, monkeypatch):
    monkeypatch.chdir(own.parent)
    assert build("网.py:Net", **GREY).record["resolved"].startswith(f"{own}:Net(")


def test_a_function_with_lazy_layers_and_an_object(own):
    torch.manual_seed(1)
    first = build(f"{own}:make", **GREY)
    torch.manual_seed(1)
    assert torch.equal(build(f"{own}:make", **GREY).module[1].weight, first.module[1].weight)
    assert first.module.training
    assert fits(first, GREY)
    one, two = build(f"{own}:ready", **GREY).module, build(f"{own}:ready", **GREY).module
    assert one is not two


def test_input_size_is_filled_in_only_where_its_default_is_a_shape(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(
        "from torch import nn\n"
        "class A(nn.Module):\n"
        "    def __init__(self, input_size=784, height=1, width=2, size=(9, 9)): super().__init__()\n"
        "class B(nn.Module):\n"
        "    def __init__(self, input_size=(1, 9, 9), input_shape=(9, 9), width=2): super().__init__()\n"
    )
    pictures = {**GREY, "width": 30}
    assert (
        build(f"{path}:A", **pictures).record["resolved"] == f"{path}:A(height=28, width=30, size=(28, 30))"
    )
    assert build(f"{path}:B", **pictures).record["resolved"] == (
        f"{path}:B(input_size=(1, 28, 30), input_shape=(28, 30))"
    )


def test_errors_of_a_file(own, tmp_path):
    assert error_of(f"{tmp_path}/no.py:Net") == (
        f"the file of the network cannot be read\n  where: {tmp_path}/no.py\n  got: No such file or directory"
    )
    assert error_of(f"{own}:Needi") == (
        f"there is no 'Needi' in the file\n  where: {own}\n  hint: did you mean 'Needy'?"
    )
    assert error_of(f"{own}:NotANet") == (
        f"'NotANet' is not a network\n  where: {own}\n  got: a class\n"
        "  expected: a class derived from torch.nn.Module, or a function that makes one\n"
        "  hint: the file has Broken, Needy, Net"
    )
    assert error_of(f"{own}:number").startswith(f"'number' is not a network\n  where: {own}\n  got: 3\n")
    assert error_of(f"{own}:nothing") == (
        f"nothing made no network\n  where: {own}:nothing\n  got: dict\n  expected: an nn.Module"
    )
    assert error_of(f"{own}:Needy") == (
        f"Needy needs arguments that the pictures do not decide\n  where: {own}:Needy\n"
        f"  got: input_size, hidden\n"
        "  hint: write Needy(input_size=..., hidden=...); a picture has 1×28×28 = 784 numbers"
    )
    line = OWN.split("\n").index("        self.fc = nn.Linear(3, undefined)") + 1
    assert error_of(f"{own}:Broken") == (
        "网.py raised NameError while it was built: name 'undefined' is not defined\n"
        f"  where: {own}:{line}\n  got: self.fc = nn.Linear(3, undefined)"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "import torch\nx = 1 / 0\n",
            (
                "net.py raised ZeroDivisionError while it was read: division by zero\n  where: {path}:2\n"
                "  got: x = 1 / 0"
            ),
        ),
        (
            "class A(:\n",
            "the file is not valid Python: invalid syntax\n  where: {path}:1\n  got: class A(:",
        ),
        (
            "from .blocks import Block\n",
            (
                "net.py raised ImportError while it was read: attempted relative import with no "
                "known parent package\n"
                "  where: {path}:1\n  got: from .blocks import Block\n"
                "  hint: import a neighbouring file without the dot: from blocks import Block"
            ),
        ),
        (
            "import sys\nsys.exit(3)\n",
            (
                "net.py raised SystemExit while it was read: 3\n  where: {path}:2\n  got: sys.exit(3)\n"
                "  hint: put what the script does under if __name__ == '__main__':"
            ),
        ),
        (
            "x = 1\n",
            "there is no 'Net' in the file\n  where: {path}\n  hint: the file has no nn.Module class at all",
        ),
    ],
)
def test_a_broken_file_is_shown_by_its_own_line(tmp_path, text, message):
    path = tmp_path / "net.py"
    path.write_text(text)
    assert error_of(f"{path}:Net") == message.format(path=path)


def test_neighbours_are_imported_from_the_files_own_folder(tmp_path):
    """Two folders with a `blocks.py` each: neither gets the other's, and a changed one is read again."""
    for name, outputs in (("one", 7), ("two", 9)):
        folder = tmp_path / name
        (folder / "parts").mkdir(parents=True)
        (folder / "parts" / "__init__.py").write_text("")
        (folder / "parts" / "blocks.py").write_text(f"OUTPUTS = {outputs}\n")
        (folder / "net.py").write_text(
            "from torch import nn\nfrom parts.blocks import OUTPUTS\n"
            "class Net(nn.Sequential):\n"
            "    def __init__(self): super().__init__(nn.Flatten(), nn.Linear(784, OUTPUTS))\n"
        )
    before = list(sys.path)
    for _ in range(2):
        for name, outputs in (("one", 7), ("two", 9)):
            built = build(f"{tmp_path}/{name}/net.py:Net", **GREY)
            assert built.module[1].out_features == outputs
            assert list(built.sources) == ["net.py", "parts/__init__.py", "parts/blocks.py"]
            assert list(built.record["source"]["siblings"]) == ["parts/__init__.py", "parts/blocks.py"]
    assert sys.path == before
    (tmp_path / "one" / "parts" / "blocks.py").write_text("OUTPUTS = 12345\n")
    assert build(f"{tmp_path}/one/net.py:Net", **GREY).module[1].out_features == 12345


def test_a_class_that_takes_weights_itself_gets_them(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(
        "from torch import nn\nclass Net(nn.Flatten):\n"
        "    def __init__(self, weights=None):\n        super().__init__()\n        self.got = weights\n"
    )
    built = build(f"{path}:Net(weights='mine')", **GREY)
    assert built.module.got == "mine"
    assert built.record["resolved"] == f"{path}:Net(weights='mine')"
    assert build(f"{path}:Net", **GREY).module.got is None


# --- a person's own object


class Mine(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.LazyLinear(7))

    def forward(self, x):
        return self.layers(x)


def test_an_object_is_described_with_its_source():
    module = Mine()
    built = given(module, **GREY)
    assert built.module is module
    assert module.layers[1].in_features == 784
    assert built.record["net"] == "Mine"
    assert built.record["resolved"] is None
    assert list(built.sources) == ["test_build.py"]
    assert "class Mine(nn.Module):" in built.sources["test_build.py"]
    json.dumps(built.record)


def test_an_object_without_a_source_says_so():
    namespace = {"nn": nn}
    exec("class Net(nn.Flatten):\n    pass", namespace)
    namespace["Net"].__module__ = "nowhere"
    built = given(namespace["Net"](), **GREY)
    assert built.notes == ("the source of Net was not found: the run keeps no copy of it",)
    assert built.record["source"] is None
    assert given(nn.Sequential(nn.Flatten()), **GREY).notes == ()


def test_modules_that_load_others_when_asked_are_not_asked(tmp_path, monkeypatch):
    import sys
    import types

    lazy = types.ModuleType("lazy")
    lazy.__getattr__ = lambda name: pytest.fail(f"asked for {name}")
    monkeypatch.setitem(sys.modules, "lazy", lazy)
    (tmp_path / "own.py").write_text("from torch import nn\nclass Net(nn.Flatten):\n    pass\n")
    assert build(f"{tmp_path}/own.py:Net", in_channels=1, height=2, width=5, num_classes=10).notes == ()
