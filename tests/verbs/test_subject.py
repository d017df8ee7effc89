"""A network and the picture that it gets: every way to name them, and what is said of it."""

from __future__ import annotations

import json

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image
from torch import nn

from glassnet.errors import UsageError
from glassnet.nets.build import build
from glassnet.pictures import load
from glassnet.verbs.subject import open_subject, parse_input

pytestmark = pytest.mark.usefixtures("alone")
FIVE = [[1, 2, 0, 3, 1], [0, 1, 2, 3, 1], [1, 2, 1, 0, 0], [5, 2, 3, 1, 1], [2, 1, 0, 1, 1]]


def opened(net, picture=None, **options):
    return open_subject(net, picture, lang="en", **options)


def said(subject) -> str:
    return "\n".join(subject.notes)


@pytest.fixture
def own_file(tmp_path):
    (tmp_path / "net.py").write_text(
        "from torch import nn\n"
        "print('run')\n"
        "class Net(nn.Module):\n"
        "    def __init__(self, classes=7):\n"
        "        super().__init__()\n"
        "        self.layers = nn.Sequential(nn.Conv2d(1, 2, 5), nn.Flatten(), nn.Linear(2 * 24 * 24, classes))\n"
        "    def forward(self, x):\n"
        "        return self.layers(x)\n"
    )
    return f"{tmp_path}/net.py:Net"


# -- which picture -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("net", "shape"),
    [("lenet", (3, 32, 32)), ("lenet(size=28, in_channels=1)", (1, 28, 28)), ("mlp", (1, 28, 28)),
     ("pool-preview", (3, 32, 32)), ("torchvision:squeezenet1_0", (3, 224, 224)),
     ("timm:resnet18", (3, 224, 224))],
)  # fmt: skip
def test_without_a_picture_ones_of_the_networks_own_size(net, shape):
    subject = opened(net)
    assert tuple(subject.images.shape) == (1, *shape)
    assert bool((subject.images == 1).all())
    assert subject.picture == f"a picture of ones, {'×'.join(map(str, shape))}"
    assert subject.raw is subject.label is subject.scale is None


def test_input_is_what_is_asked_for():
    assert tuple(opened("lenet", input="1x20×24").images.shape) == (1, 1, 20, 24)
    assert parse_input((3, 8, 8)) == (3, 8, 8)


def test_a_network_that_says_no_size_gets_the_first_usual_one_that_fits(own_file, capfd):
    subject = opened(own_file)
    assert tuple(subject.images.shape) == (1, 1, 28, 28)
    assert "1×28×28 is the first of the usual sizes that runs through it" in said(subject)
    assert capfd.readouterr().out == "run\n", "the person's file runs once"


def test_a_picture_of_a_source():
    test = load("fashion-mini")["test"]
    subject = opened("lenet", "fashion-mini[3]")
    assert np.array_equal(subject.raw, test.images[3])
    assert torch.allclose(subject.images, torch.from_numpy(test.images[3]).permute(2, 0, 1)[None] / 255)
    assert subject.label == int(test.labels[3])
    assert subject.label_name == subject.classes[subject.label] == test.classes[subject.label]
    assert subject.picture == "fashion-mini:test[3]"
    assert "scaled: pixel / 255" in said(subject)
    assert opened("lenet", "fashion-mini").picture == "fashion-mini:test[0]"
    assert opened("lenet", "fashion-mini:train[5]").picture == "fashion-mini:train[5]"


def test_a_folder_of_pictures(animals):
    subject = opened("lenet", f"{animals}[1]")
    assert set(subject.classes) == {"猫", "狗", "小 鸟's"}
    assert subject.record["num_classes"] == 3
    assert tuple(subject.images.shape) == (1, 3, 20, 16)


def test_a_picture_file_is_brought_to_the_networks_size(tmp_path):
    Image.new("RGB", (50, 40), (255, 0, 0)).save(tmp_path / "red.png")
    subject = opened("lenet", tmp_path / "red.png")
    assert tuple(subject.images.shape) == (1, 3, 32, 32)
    assert subject.images[0, :, 0, 0].tolist() == [1, 0, 0]
    assert "the picture, 3×40×50, was brought to 3×32×32" in said(subject)
    conv = opened(nn.Conv2d(3, 1, 3), tmp_path / "red.png")
    assert tuple(conv.images.shape) == (1, 3, 40, 50), "a network that takes any size gets the picture's own"


@pytest.mark.parametrize("ending", ["npy", "json", "csv"])
def test_a_file_of_numbers_is_taken_as_it_is(tmp_path, ending):
    path = tmp_path / f"five.{ending}"
    match ending:
        case "npy":
            np.save(path, np.array(FIVE))
        case "json":
            path.write_text(json.dumps(FIVE))
        case _:
            np.savetxt(path, np.array(FIVE), delimiter=",")
    subject = opened("conv-preview", path)
    assert subject.images.tolist() == [[FIVE]]
    assert subject.images.dtype == torch.float32
    assert "the numbers were brought into the axes of a batch: 5×5 became 1×1×5×5" in said(subject)
    assert subject.scale is None


def test_numbers_for_a_network_of_vectors():
    numbers = [2, 5, 3, 1, 4, 6, 7, 8, 9]
    assert opened(nn.Linear(9, 4), numbers).images.tolist() == [numbers]
    shaped = opened("linear-preview", numbers, input="1x3x3")
    assert tuple(shaped.images.shape) == (1, 1, 3, 3)


def test_whole_numbers_stay_whole_for_a_network_that_reads_them():
    net = nn.Sequential(nn.Embedding(10, 3), nn.Flatten(), nn.Linear(6, 2))
    assert opened(net, [1, 2]).images.dtype == torch.int64


def test_tensors_for_several_inputs():
    class Two(nn.Module):
        def forward(self, a, b):
            return a + b

    pair = (torch.ones(1, 2), torch.ones(1, 2))
    given = opened(Two(), pair).images
    assert isinstance(given, tuple)
    assert all(torch.equal(a, b) for a, b in zip(given, pair, strict=True))


# -- which network -------------------------------------------------------------------------------------------


def test_a_run_sees_as_in_its_training(finished_run):
    subject = opened(finished_run.path, "fashion-mini[3]")
    source = finished_run.info["source"]
    assert subject.scale.mean == tuple(source["mean"])
    raw = torch.from_numpy(subject.raw).permute(2, 0, 1)[None] / 255
    assert torch.allclose(subject.images.cpu(), (raw - source["mean"][0]) / source["deviation"][0], atol=1e-6)
    assert subject.classes == tuple(source["classes"])
    assert "scaled as in the training" in said(subject)
    assert not subject.module.training


def test_fresh_weights_are_the_same_each_time_and_leave_the_generators_alone():
    before = torch.get_rng_state()
    one, other = opened("lenet"), opened("lenet")
    assert torch.equal(one.module.conv1.weight, other.module.conv1.weight)
    assert torch.equal(before, torch.get_rng_state())
    assert "the weights are those that __init__ gives, not trained (seed 0 for random ones)" in said(one)


def test_weights_are_loaded_and_said(tmp_path):
    net = build("lenet", in_channels=1, height=28, width=28, num_classes=10).module
    safetensors.torch.save_file(net.state_dict(), tmp_path / "w.safetensors")
    subject = opened("lenet", "fashion-mini", weights=tmp_path / "w.safetensors")
    assert torch.equal(subject.module.conv1.weight, net.conv1.weight)
    assert f"weights from {tmp_path}/w.safetensors" in said(subject)


def test_a_module_is_taken_in_eval_mode_unless_asked_otherwise():
    net = nn.Sequential(nn.Conv2d(1, 1, 3), nn.Dropout())
    assert not opened(net).module.training
    assert opened(net, training=True).module.training


def test_notes_are_told_in_chinese():
    notes = open_subject("lenet", "fashion-mini", lang="zh").notes
    assert notes[-1] == "缩放：像素 / 255（这里不知道网络训练时用的是什么缩放）"
    assert not any(word in "".join(notes) for word in ("filled", "weights", "scaled"))


# -- what cannot be used -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("net", "picture", "options", "error"),
    [
        ("lenet", "fashion-mini[9999]", {},
         "there is no picture 9999 in the test split\n  where: fashion-mini\n  got: 1,000 pictures\n"
         "  expected: 0 to 999"),
        ("lenet", "fashion-mini:val[0]", {},
         "the source has no split named val\n  where: fashion-mini\n  expected: train, test"),
        ("lenet", "fashion-mnii", {},
         "there is no such picture\n  where: fashion-mnii\n"
         "  expected: a picture file, numbers (.npy, .json, .csv), or a SOURCE such as fashion-mini[3]\n"
         "  hint: did you mean 'fashion-mini'?"),
        ("lenet", None, {"input": "3x"},
         "this is no size of a picture\n  where: --input\n  got: '3x'\n"
         "  expected: channels, height and width: 3x32x32; at most 1,000,000,000 numbers"),
        ("lenet", [[1, 2], [3]], {},
         "these are not numbers in rows of one length\n  where: the numbers given\n"
         "  expected: nested lists such as [[1, 2], [3, 4]]"),
        ("lenet", 3.5, {},
         "this cannot be looked at\n  got: float\n"
         "  expected: a picture file, a file of numbers, a SOURCE, an array or a tensor"),
        (nn.ReLU(), None, {"weights": "w.pth"},
         "weights are for a NET by name\n  hint: load them into the module before: load_state_dict"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told(net, picture, options, error):
    with pytest.raises(UsageError) as raised:
        opened(net, picture, **options)
    assert str(raised.value) == error


def test_a_run_has_its_own_weights_and_size(finished_run):
    for options, what in (({"weights": "w.pth"}, "a run has weights of its own"),
                          ({"input": "3x8x8"}, "a run knows the size of its pictures")):  # fmt: skip
        with pytest.raises(UsageError, match=what):
            opened(finished_run.path, **options)


def test_files_that_are_no_network(tmp_path):
    torch.save({"a": torch.ones(1)}, tmp_path / "w.pth")
    with pytest.raises(UsageError) as error:
        opened(tmp_path / "w.pth")
    assert str(error.value) == (
        f"a file of weights holds no network\n  where: {tmp_path}/w.pth\n"
        f"  expected: a NET, and the weights beside it\n"
        f"  hint: glassnet look FILE.py:CLASS --weights {tmp_path}/w.pth"
    )
    with pytest.raises(UsageError, match="this is neither a NET nor a run"):
        opened(tmp_path)


def test_numbers_that_cannot_be_read(tmp_path):
    (tmp_path / "bad.json").write_text("[1, 2")
    with pytest.raises(UsageError) as error:
        opened("lenet", tmp_path / "bad.json")
    assert str(error.value).startswith(f"the numbers cannot be read\n  where: {tmp_path}/bad.json\n  got: ")


def test_a_tensor_keeps_its_axes_where_the_network_takes_them():
    vectors = torch.rand(3, 9)
    assert opened(nn.Linear(9, 4), vectors).images.shape == (3, 9)
    assert opened(nn.Conv2d(1, 1, 3), torch.rand(5, 5)).images.shape == (1, 5, 5)
