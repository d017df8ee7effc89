"""`glassnet evaluate` and `glassnet predict` as a person uses them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from glassnet.pictures import load


@pytest.fixture
def sneaker(tmp_path):
    test = load("fashion-mini")["test"]
    index = int(np.flatnonzero(test.labels == test.classes.index("Sneaker"))[0])
    path = tmp_path / "运动鞋 1.png"
    Image.fromarray(test.batch([index])[0, :, :, 0]).save(path)
    return path


def folder_of(tmp_path, names):
    """Write pictures of fashion-mini as a folder of classes."""
    test = load("fashion-mini")["test"]
    for label, name in names.items():
        (tmp_path / "mine" / name).mkdir(parents=True)
        for index in np.flatnonzero(test.labels == label)[:3].tolist():
            Image.fromarray(test.batch([index])[0, :, :, 0]).save(tmp_path / "mine" / name / f"{index}.png")
    return tmp_path / "mine"


def test_evaluate(cli, finished_run):
    ended = cli("evaluate", finished_run.path)
    assert ended.code == 0
    assert ended.out.startswith("pictures    fashion-mini: 1,000 test; 28×28 grey\n")
    assert "; 1,000 pictures, test split of fashion-mini)" in ended.out
    assert ended.out.splitlines()[-2].startswith("next        glassnet predict ")


def test_evaluate_json(cli, finished_run):
    found = cli("evaluate", finished_run.path, "--json").json
    assert found["accuracy"] == finished_run.info["result"]["test_accuracy"]
    low, high = found["interval"]
    assert 0 <= low <= found["accuracy"] <= high <= 1
    assert found["images"] == sum(entry["support"] for entry in found["per_class"]) == 1000
    assert all(
        set(entry) == {"class", "precision", "recall", "f1", "support"} for entry in found["per_class"]
    )
    assert (found["split"], found["left_out"]) == ("test", [])


def test_classes_are_matched_by_name_and_the_rest_named(cli, finished_run, tmp_path):
    names = {9: "Ankle boot", 1: "Trouser", 3: "Hat"}
    ended = cli("evaluate", finished_run.path, folder_of(tmp_path, names))
    assert ended.code == 0
    assert "3 pictures are left out, for the run does not know their classes: Hat 3" in ended.out
    assert "no pictures here of T-shirt/top, Pullover, Dress, Coat, Sandal, Shirt, Sneaker, Bag" in ended.out
    found = cli("evaluate", finished_run.path, tmp_path / "mine", "--json").json
    assert found["images"] == 6
    assert found["left_out"] == [{"class": "Hat", "images": 3}]
    supports = {entry["class"]: entry["support"] for entry in found["per_class"]}
    assert (supports["Trouser"], supports["Ankle boot"], supports["Bag"]) == (3, 3, 0)


def test_a_folder_of_one_known_class(cli, finished_run, tmp_path):
    found = cli("evaluate", finished_run.path, folder_of(tmp_path, {1: "Trouser"}), "--json").json
    assert found["images"] == 3


def test_no_class_in_common(cli, finished_run, animals):
    ended = cli("evaluate", finished_run.path, animals)
    assert ended.code == 2
    assert ended.err.startswith("error: the source has no class of the run\n")


def test_changed_pictures_are_noticed(cli, tmp_path, animals):
    cli("train", animals, "--net", "lenet", "--epochs", 0.5, "--batch", 8, "--out", "one")
    assert "no longer" not in cli("evaluate", "one").out
    (animals / "test" / "猫" / "图0.png").unlink()
    assert "note        these are no longer the pictures of the training" in cli("evaluate", "one").out


def test_damaged_weights_are_told(cli, finished_run):
    finished_run.weights("best").write_bytes(b"x")
    ended = cli("evaluate", finished_run.path)
    assert ended.code == 0
    assert (
        f"damaged     {finished_run.weights('best')}: its SHA-256 is not the one in manifest.json"
        in ended.out
    )
    finished_run.weights("last").write_bytes(b"x")
    ended = cli("evaluate", finished_run.path)
    assert (ended.code, ended.err.split("\n")[0]) == (1, "error: the run has no whole weights")


def test_predict(cli, finished_run, sneaker, tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"nothing")
    ended = cli("predict", finished_run.path, sneaker, "bad.jpg")
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert lines[0].startswith(str(sneaker))
    assert lines[1].startswith("set aside   bad.jpg: not a picture in one of the formats")
    assert lines[2] == "pictures    2: 1 told, 1 set aside"
    assert lines[3].startswith("next        glassnet evaluate ")


def test_predict_json(cli, finished_run, sneaker, tmp_path):
    (tmp_path / "empty.png").touch()
    found = cli("predict", finished_run.path, sneaker, "empty.png", "--json").json
    (picture,) = found["pictures"]
    assert picture["path"] == str(sneaker)
    assert picture["class"] == picture["top"][0]["class"]
    assert picture["probability"] == max(entry["probability"] for entry in picture["top"])
    assert sum(entry["probability"] for entry in picture["top"]) <= 1 + 1e-9
    assert found["rejected"] == [{"path": "empty.png", "reason": "the file has 0 bytes"}]


def test_nothing_readable(cli, finished_run, tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"nothing")
    ended = cli("predict", finished_run.path, "bad.jpg")
    assert ended.code == 1
    assert ended.err == "error: none of the pictures could be read\n"
    ended = cli("predict", finished_run.path, "bad.jpg", "--json")
    assert (ended.code, ended.json["pictures"], len(ended.json["rejected"])) == (1, [], 1)


def test_folders_and_patterns_count_each_picture_once(cli, finished_run, tmp_path):
    folder = folder_of(tmp_path, {1: "Trouser", 2: "Pullover"})
    for given in ((folder,), (folder / "*" / "*.png",), (folder, folder / "Trouser")):
        assert len(cli("predict", finished_run.path, *given, "--json").json["pictures"]) == 6


def test_the_same_pixels_whatever_the_file(cli, finished_run, sneaker, tmp_path):
    upright = Image.open(sneaker)
    turned = upright.transpose(Image.Transpose.ROTATE_90)
    exif = turned.getexif()
    exif[0x112] = 6  # shown turned by 90 degrees to the right
    turned.save(tmp_path / "turned.png", exif=exif)
    Image.new("L", (1, 1), 200).save(tmp_path / "one.png")
    first, second, one = cli("predict", finished_run.path, sneaker, "turned.png", "one.png", "--json").json[
        "pictures"
    ]
    assert first["top"] == second["top"]
    assert len(one["top"]) == 5


def test_a_strangers_pickle_is_never_opened(cli, finished_run, tmp_path):
    (tmp_path / "evil.pt").write_bytes(b"cos\nsystem\n(S'touch owned'\ntR.")
    ended = cli("train", "--net", "lenet", "--weights", "evil.pt")
    assert ended.code in (1, 2)
    assert "Traceback" not in ended.err
    assert not (tmp_path / "owned").exists()


def test_a_strangers_code_runs_only_when_named(cli, tmp_path, monkeypatch):
    text = (
        "from pathlib import Path\nfrom torch import nn\n"
        "Path('ran').touch()\n"
        "class Net(nn.Module):\n"
        "    def __init__(self, num_classes=10):\n"
        "        super().__init__()\n"
        "        self.head = nn.Sequential(nn.Flatten(), nn.Linear(784, num_classes))\n"
        "    def forward(self, images):\n"
        "        return self.head(images)\n"
    )
    (tmp_path / "net.py").write_text(text)
    assert cli("train", "--net", "net.py:Net", "--epochs", 0.05, "--out", "one").code == 0
    (tmp_path / "ran").unlink()
    monkeypatch.setenv("GLASSNET_STATE", str(tmp_path / "another person"))
    for words in (("evaluate", "one"), ("train", "--resume", "one"), ("predict", "one", "one/run.json")):
        ended = cli(*words)
        assert ended.code == 2
        assert "code from a run folder runs only when you name it" in ended.err
    assert not (tmp_path / "ran").exists()
    named = json.loads((tmp_path / "one" / "run.json").read_text())["net"]["resolved"].split("(")[1]
    again = cli("train", "--resume", "one", "--net", f"one/net/net.py:Net({named}")
    assert again.code == 0, again.err
