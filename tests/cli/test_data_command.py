"""`glassnet data` as a person uses it: what it says, its JSON, its exit code."""

from __future__ import annotations

import shutil

import pytest
from PIL import Image


def test_a_sound_source_ends_with_0_and_its_json_is_the_audit(cli, animals):
    found = cli("data", animals, "--json").json
    assert cli("data", animals).code == 0
    assert (found["source"], sorted(found["classes"])) == (str(animals), sorted(("猫", "狗", "小 鸟's")))
    assert [(one["name"], one["images"], one["per_class"]) for one in found["splits"]] == [
        ("train", 36, [12, 12, 12]), ("test", 12, [4, 4, 4]),
    ]  # fmt: skip
    assert found["splits"][0]["sizes"] == [{"width": 16, "height": 20, "mode": "RGB", "count": 36}]
    assert (found["copies"], found["files"], found["findings"]) == ([], [], [])
    assert found["labels"]["skipped"] == "too_few"
    assert set(found["seconds"]) == {"reading", "numbers", "exact", "near", "labels", "findings"}


def test_findings_end_with_1_and_notes_with_0(cli, animals):
    (animals / "train" / "猫" / "坏.png").write_bytes(b"x")
    noted = cli("data", animals, "--json")
    assert noted.code == 0
    assert [(one["code"], one["severity"]) for one in noted.json["findings"]] == [("blank-pictures", "note")]
    assert noted.json["splits"][0]["rejected"][0]["path"] == "train/猫/坏.png"
    for number in range(4):
        shutil.copy(animals / "train" / "狗" / f"图{number}.png", animals / "test" / "猫" / f"又{number}.png")
    ended = cli("data", animals, "--json")
    assert ended.code == 1
    assert ("leaked-pictures", "error") in [(one["code"], one["severity"]) for one in ended.json["findings"]]
    copies = [(one["kind"], one["of"]["path"], one["picture"]["path"]) for one in ended.json["copies"]]
    assert copies == [("exact", f"train/狗/图{n}.png", f"test/猫/又{n}.png") for n in range(4)]


@pytest.mark.parametrize(
    ("lang", "said"), [("en", "no test picture of 空类"), ("zh", "测试集中没有这些类别的图片：空类")]
)
def test_an_empty_class_is_named(cli, animals, lang, said):
    (animals / "train" / "空类").mkdir()
    for number in range(3):
        with Image.open(animals / "train" / "狗" / f"图{number}.png") as picture:
            picture.transpose(Image.Transpose.FLIP_TOP_BOTTOM).save(
                animals / "train" / "空类" / f"{number}.png"
            )
    ended = cli("data", animals, "--lang", lang)
    assert ended.code == 0
    assert said in ended.out
    assert "No picture of" not in ended.out  # the same in the words of the reading


def test_one_picture_is_wrong_use(cli, tmp_path):
    (tmp_path / "one" / "cat").mkdir(parents=True)
    Image.new("L", (8, 8), 1).save(tmp_path / "one" / "cat" / "1.png")
    ended = cli("data", "one", "--json")
    assert (ended.code, ended.json["error"]["what"]) == (2, "only one class of pictures was found")


def test_a_label_that_the_folder_tells_is_not_said_twice(cli, animals):
    shutil.copy(animals / "train" / "狗" / "图0.png", animals / "train" / "狗" / "再.png")
    shutil.copy(animals / "train" / "狗" / "图1.png", animals / "train" / "猫" / "再.png")
    lines = [line.strip() for line in cli("data", animals, "--lang", "en").out.splitlines()]
    assert "train/狗/再.png = train/狗/图0.png" in lines
    assert "train/狗/图1.png = train/猫/再.png" in lines


def test_an_unknown_source(cli):
    ended = cli("data", "fashion-mnit", "--json")
    assert (ended.code, ended.json["error"]["hint"]) == (2, "did you mean 'fashion-mnist'?")
