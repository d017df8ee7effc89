"""`glassnet evaluate` and `glassnet predict` as a person uses them."""

from __future__ import annotations

import csv
import json
import shutil
import sys
import tarfile
import zipfile

import numpy as np
import pyarrow.parquet
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
    assert ended.out.splitlines()[-3].startswith("next        glassnet predict ")
    assert ended.out.splitlines()[-2].endswith(" --figures figures")


def test_evaluate_json(cli, finished_run):
    found = cli("evaluate", finished_run.path, "--json").json
    assert found["accuracy"] == finished_run.info["result"]["test_accuracy"]
    low, high = found["interval"]
    assert 0 <= low <= found["accuracy"] <= high <= 1
    assert found["images"] == sum(entry["support"] for entry in found["per_class"]) == 1000
    assert all(
        set(entry) == {"class", "precision", "recall", "f1", "support", "average_precision", "auc"}
        for entry in found["per_class"]
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


def test_all_that_predictions_tell(cli, finished_run):
    lines = cli("evaluate", finished_run.path).out.splitlines()
    names = [line[:12].strip() for line in lines if line[:1].strip()]
    assert names == [
        "pictures", "classes", "accuracy", "top-5", "averages", "calibration", "confused", "mistakes",
        "brightness", "time", "next",
    ]  # fmt: skip
    assert ", fitted on 600 validation pictures: ECE " in "\n".join(lines)
    found = cli("evaluate", finished_run.path, "--json").json
    assert found["temperature"]["fitted_on"] == 600
    assert found["mistakes"][0]["path"].startswith("fashion-mini:test[")
    assert {part["by"] for part in found["slices"]} == {"brightness"}
    assert set(found["seconds"]) == {"total", "start", "data", "network", "judgement", "files"}
    assert (found["files"], found["flip"]) == ({}, False)


def test_files_of_an_evaluation(cli, animals, tmp_path):
    (animals / "test" / "猫" / "园").mkdir()
    (animals / "test" / "猫" / "图0.png").rename(animals / "test" / "猫" / "园" / "图0.png")
    assert cli("train", animals, "--net", "lenet", "--epochs", 0.5, "--batch", 8, "--out", "one").code == 0
    words = ("evaluate", "one", "--figures", "figures", "--csv", "told.csv", "--parquet", "told.parquet")
    found = cli(*words, "--lang", "zh", "--json").json
    figures = {"confusion", "precision_recall", "roc", "reliability"}
    assert figures | {"csv", "parquet"} <= set(found["files"])
    for name in figures:
        with Image.open(tmp_path / "figures" / f"{name.replace('_', '-')}.png") as figure:
            assert min(figure.size) > 200
    text = (tmp_path / "told.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == found["images"] == 12
    assert {row["path"] for row in rows} >= {"test/猫/园/图0.png", "test/狗/图1.png"}
    assert sum(row["right"] == "True" for row in rows) / 12 == found["accuracy"]
    shares = [sum(float(row[f"p({name})"]) for name in ("猫", "狗", "小 鸟's")) for row in rows]
    assert shares == pytest.approx([1] * 12)
    table = pyarrow.parquet.read_table("told.parquet").to_pylist()
    assert [str(row["label"]) for row in table] == [row["label"] for row in rows]
    folders = {part["name"]: part["images"] for part in found["slices"] if part["by"] == "folder"}
    assert folders == {"园": 1, ".": 11}


def test_slices_by_the_size_in_the_files(cli, animals):
    for number in (1, 2):
        for name in ("猫", "狗"):
            file = animals / "test" / name / f"图{number}.png"
            Image.open(file).resize((32, 50)).save(file)
    cli("train", animals, "--net", "lenet", "--epochs", 0.5, "--batch", 8, "--out", "one")
    found = cli("evaluate", "one", "--json").json
    parts = {part["name"]: part["images"] for part in found["slices"] if part["by"] == "size"}
    assert parts == {"18 px": 8, "40 px": 4}
    with zipfile.ZipFile("all.zip", "w") as archive:
        for file in sorted(animals.rglob("*.png")):
            archive.write(file, file.relative_to(animals))
    for name in ("all.tar", "all.tar.gz"):
        with tarfile.open(name, "w:gz" if name.endswith("gz") else "w") as archive:
            archive.add(animals, ".")
    for name in ("all.zip", "all.tar", "all.tar.gz"):
        again = cli("evaluate", "one", name, "--json").json
        assert {part["name"]: part["images"] for part in again["slices"] if part["by"] == "size"} == parts


def test_the_split_can_be_chosen(cli, finished_run, animals):
    found = cli("evaluate", finished_run.path, "--split", "val", "--json").json
    assert (found["split"], found["images"], found["temperature"]) == ("val", 600, None)
    assert found["accuracy"] == finished_run.info["result"]["val_accuracy"]
    assert found["no_temperature"].startswith("it is fitted on the validation split")
    ended = cli("evaluate", finished_run.path, animals / "test", "--split", "test")
    assert (ended.code, ended.err.split("\n")[0]) == (2, "error: the source has no class of the run")


def test_a_split_that_is_not_there(cli, animals, tmp_path):
    plain = tmp_path / "plain"
    shutil.copytree(animals / "train", plain)
    cli("train", plain, "--net", "lenet", "--epochs", 0.5, "--batch", 8, "--out", "one")
    ended = cli("evaluate", "one")
    assert "no test split: these pictures chose the weights, so the accuracy is too high" in ended.out
    assert "no temperature: it is fitted on the validation split" in ended.out
    ended = cli("evaluate", "one", "--split", "test")
    assert ended.code == 2
    assert ended.err.startswith("error: there is no test split\n  where: --split\n  got: test\n")


def test_mirror_images_are_judged_and_saved_beside(cli, finished_run):
    before = finished_run.predictions("test").read_bytes()
    found = cli("evaluate", finished_run.path, "--flip", "--json")
    assert found.json["flip"]
    assert found.json["temperature"] is None
    assert f"glassnet evaluate {finished_run.path} --split val --flip" in found.err
    assert finished_run.predictions("test").read_bytes() == before
    assert finished_run.predictions("test-flip").is_file()
    cli("evaluate", finished_run.path, "--flip", "--split", "val")
    assert cli("evaluate", finished_run.path, "--flip", "--json").json["temperature"]["fitted_on"] == 600


def test_a_run_without_its_predictions_of_the_validation(cli, finished_run):
    path = finished_run.predictions("val")
    path.write_bytes(b"x")
    ended = cli("evaluate", finished_run.path)
    assert ended.code == 0
    assert f"damaged     {path}: " in ended.out
    path.unlink()
    ended = cli("evaluate", finished_run.path)
    assert "no temperature: there are no predictions of the validation split to fit it on" in ended.out


def test_one_picture(cli, finished_run, tmp_path):
    (tmp_path / "one" / "Bag").mkdir(parents=True)
    Image.new("L", (28, 28), 200).save(tmp_path / "one" / "Bag" / "1.png")
    found = cli("evaluate", finished_run.path, "one", "--json").json
    assert (found["images"], found["macro"]["auc"], found["slices"]) == (1, None, [])


def test_parquet_without_pyarrow_is_refused_at_the_start(cli, finished_run, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    ended = cli("evaluate", finished_run.path, "--parquet", "told.parquet")
    assert ended.code == 2
    assert ended.err == (
        "error: Parquet needs pyarrow, which is not installed\n  where: --parquet\n"
        "  hint: pip install 'glassnet[parquet]', or --csv instead\n"
    )


def test_a_run_of_another_version_is_told(cli, finished_run):
    path = finished_run.path / "run.json"
    info = json.loads(path.read_text("utf-8"))
    del info["source"]["mean"]
    path.write_text(json.dumps(info), "utf-8")
    ended = cli("evaluate", finished_run.path)
    assert (ended.code, ended.err.split("\n")[0]) == (1, "error: the run is damaged, or of another version")


@pytest.mark.parametrize(("part", "key"), [("source", "name"), ("source", "splits"), ("recipe", "seed")])
def test_a_run_of_another_version_can_be_judged_on_named_pictures(cli, finished_run, tmp_path, part, key):
    path = finished_run.path / "run.json"
    info = json.loads(path.read_text("utf-8"))
    del info[part][key]
    path.write_text(json.dumps(info), "utf-8")
    ended = cli("evaluate", finished_run.path, "--json")
    assert (ended.code, ended.json["error"]["got"]) == (1, f"without {key}")
    assert ended.json["error"]["hint"] == f"glassnet evaluate {finished_run.path} SOURCE"
    folder = folder_of(tmp_path, {1: "Trouser", 9: "Ankle boot"})
    assert cli("evaluate", finished_run.path, folder, "--json").json["images"] == 6


def test_a_folder_of_one_known_class(cli, finished_run, tmp_path):
    folder = folder_of(tmp_path, {1: "Trouser"})
    ended = cli("evaluate", finished_run.path, folder, "--json")
    assert ended.json["images"] == 3
    assert f"{folder}: 3 in all" in " ".join(ended.err.split()), "it is no training split of this run"
    assert "training split" not in ended.err


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
