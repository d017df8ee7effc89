"""The report of a run: one offline file, readable without JavaScript, sound with hostile names, clickable."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from glassnet.audit import make
from glassnet.errors import RunError
from glassnet.evaluation.judgement import judge
from glassnet.evaluation.predictions import Predictions
from glassnet.pictures.pictures import Pictures, Policy, hash_images
from glassnet.reports.content import Content, Seen
from glassnet.reports.network import structure_of
from glassnet.reports.page import report_page
from glassnet.reports.told import reason_in
from glassnet.run import Run
from glassnet.trace.record import record
from glassnet.training.choices import Facts, resolve
from glassnet.training.recipe import Recipe
from glassnet.verbs.evaluate import evaluate
from glassnet.verbs.report import report
from glassnet.verbs.train import train

from browser import check_page, data_of, read

HOSTILE = ("<script>alert(1)</script>", '猫 & "狗"', "it's\\{{7*7}}")


@pytest.fixture(scope="module")
def pages(shared_run, tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("reports")
    return {
        lang: report(shared_run, lang=lang, out=folder / f"{lang}.html").path.read_text("utf-8")
        for lang in ("en", "zh")
    }


@pytest.fixture
def info(shared_run) -> dict:
    return json.loads((shared_run.path / "run.json").read_text("utf-8"))


def content_of(
    info: dict, labels: np.ndarray, logits: np.ndarray, classes: tuple[str, ...], paths=None, side=8
):
    """Make the content of a report on pictures of noise."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (len(labels), side, side, 3), dtype=np.uint8)
    paths = paths or [f"test/{i}.png" for i in range(len(labels))]
    info = json.loads(json.dumps(info))
    info["source"] |= {"classes": list(classes), "name": "made"}
    predictions = Predictions(logits.astype(np.float32), labels, np.array(paths), classes)
    pictures = Pictures(
        "test", images, labels, classes, paths, Policy(side, side, 3), "made", hash_images(images)
    )
    judgement = judge(predictions, split="test", source="made")
    return Content("a run", info, [], predictions, judgement, {"test": pictures})


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_is_whole_and_asks_no_host(pages, lang):
    check_page(pages[lang], lang)
    assert len(pages[lang].encode()) < 1_000_000


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_can_be_heard_and_walked_by_keyboard(pages, lang):
    reader = read(pages[lang])
    for tag, attrs in reader.elements:
        if tag == "svg" and attrs.get("aria-hidden") != "true":
            assert attrs.get("role") == "img"
        if tag == "section":
            assert attrs["aria-labelledby"] in {a.get("id") for _, a in reader.elements}
        if tag == "th":
            assert attrs.get("scope") in ("row", "col")
    levels = [int(tag[1]) for tag, _ in reader.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))
    links = {attrs["href"][1:] for tag, attrs in reader.elements if tag == "a"}
    assert links <= {attrs.get("id") for _, attrs in reader.elements}


def test_all_that_was_asked_for_is_there(pages):
    ids = {attrs.get("id") for _, attrs in read(pages["en"]).elements}
    assert {"result", "findings", "curves", "confusion", "classes", "sure", "mistakes", "network", "pictures",
            "recipe", "repeat"} <= ids  # fmt: skip
    assert "glassnet train fashion-mini --net" in pages["en"]
    assert "brightness" in pages["en"]
    assert "usual with adamw" in pages["en"]
    assert "adamw 的常用值" in pages["zh"]
    assert "usual with adamw" not in pages["zh"]


def test_the_figures_are_those_of_the_predictions(pages, shared_run):
    accuracy = shared_run.info["result"]["test_accuracy"]
    for page in pages.values():
        assert f"<b>{100 * accuracy:.2f}</b>" in page
    cells = re.findall(r'data-cell="(\d+),(\d+)" data-count="(\d+)"', pages["en"])
    assert sum(int(count) for *_, count in cells) == 1000
    assert sum(int(count) for row, column, count in cells if row == column) == round(1000 * accuracy)


def test_a_click_shows_the_pictures_of_the_cell_also_on_a_phone(pages, chromium):
    cells = data_of(pages["en"])["cells"]
    key = max((cell for cell in cells if len(set(cell.split(","))) == 2), key=lambda cell: len(cells[cell]))
    found = chromium(
        pages["en"],
        f"""const button = document.querySelector('[data-cell="{key}"]'); button.click();
        const cell = document.getElementById('cell');
        return [cell.querySelectorAll('.pic').length, cell.querySelector('h3').textContent,
          button.getAttribute('aria-expanded'), cell.querySelector('.pic').getBoundingClientRect().width,
          document.documentElement.scrollWidth <= innerWidth]""",
        size=(500, 900),
    )
    classes = data_of(pages["en"])["classes"]
    row, column = map(int, key.split(","))
    assert found == [len(cells[key]), f"{classes[row]}, said to be {classes[column]}", "true", 62, True]


def test_arrow_keys_walk_through_the_matrix_and_shares_can_be_chosen(pages, chromium):
    found = chromium(
        pages["zh"],
        """const first = document.querySelector('.matrix button'); first.focus();
        first.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowDown', bubbles: true}));
        document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}));
        document.querySelector('[data-show=share]').click();
        const stops = document.querySelectorAll('.matrix [tabindex="0"]');
        const full = [...document.querySelectorAll('.matrix button')].find((cell) => cell.dataset.count > 20);
        return [stops.length, stops[0].dataset.cell, full.textContent, String(Math.round(full.dataset.share)),
          document.documentElement.scrollWidth <= innerWidth]""",
        size=(820, 900),
    )
    assert found[:2] == [1, "1,1"]
    assert found[2] == found[3]
    assert found[4]


def test_hostile_names_stay_names(info):
    labels, logits = np.array([0, 1, 2, 0]), np.eye(3)[[0, 1, 1, 2]]
    paths = ['"><img src=x onerror=alert(1)>.png', "</script><script>alert(2)</script>", "图 1.png", "d"]
    page = report_page(content_of(info, labels, logits, HOSTILE, paths))
    check_page(page, "en")
    tags = [tag for tag, _ in read(page).elements]
    assert tags.count("script") == 2
    assert "img" not in tags
    assert "49" not in "".join(read(page).texts["th"])
    assert data_of(page)["classes"] == list(HOSTILE)
    assert HOSTILE[1] in read(page).texts["th"]


def test_ten_thousand_pictures_stay_below_five_megabytes(info):
    random = np.random.default_rng(0)
    labels = random.integers(0, 10, 10_000)
    logits = random.normal(size=(10_000, 10)) + 2 * np.eye(10)[labels]
    content = content_of(info, labels, logits, tuple("ABCDEFGHIJ"), side=32)
    page = report_page(content)  # noise is the worst that a codec can meet
    assert len(page.encode()) < 5_000_000
    check_page(page, "en")


def test_a_hundred_classes_are_cut_down_and_said(info):
    labels = np.arange(200) % 100
    page = report_page(
        content_of(info, labels, np.eye(100)[(labels + labels % 3) % 100], tuple(map(str, range(100))))
    )
    assert "The 30 classes with the most mistakes are shown; 70 others are left out." in page
    assert len(re.findall("data-cell=", page)) == 900


def test_an_empty_class_and_a_single_picture(info):
    page = report_page(content_of(info, np.array([1]), np.array([[0.0, 2.0, 1.0]]), ("a", "b", "c")))
    check_page(page, "en")
    assert "No picture of a, c was there to be judged." in page
    assert "There is no mistake." in page


def test_predictions_that_are_not_there(finished_run, tmp_path):
    for split in ("test", "val"):
        finished_run.predictions(split).unlink()
    (finished_run.path / "metrics.jsonl").unlink()
    written = report(finished_run, lang="en")
    page = written.path.read_text("utf-8")
    check_page(page, "en")
    assert written.split is None
    assert list(written.left_out) == ["metrics", "predictions"]
    assert f"glassnet evaluate {finished_run.path} judges it." in page
    assert "conv1" in page


def test_without_a_test_split_the_validation_is_told_with_care(finished_run):
    finished_run.predictions("test").unlink()
    written = report(finished_run, lang="en")
    assert written.split == "val"
    assert "they chose the weights, so this is too high" in written.path.read_text("utf-8")


def test_a_source_that_is_gone(finished_run):
    path = finished_run.path / "run.json"
    content = json.loads(path.read_text("utf-8"))
    content["source"]["name"] = "/another/machine/pets"
    path.write_text(json.dumps(content), "utf-8")
    written = report(finished_run, lang="en")
    page = written.path.read_text("utf-8")
    check_page(page, "en")
    assert list(written.left_out) == ["pictures"]
    assert "/another/machine/pets" in written.left_out["pictures"]
    assert data_of(page)["cells"] == {}


def test_pictures_that_have_changed_are_not_shown(finished_run):
    path = finished_run.path / "run.json"
    text = path.read_text("utf-8")
    content = json.loads(text)
    content["source"]["splits"]["test"]["fingerprint"] = "0" * 32
    path.write_text(json.dumps(content), "utf-8")
    left_out = report(finished_run, lang="en").left_out
    assert left_out == {
        "pictures": "Without pictures: the pictures of the source are no longer those that were judged."
    }


def test_code_in_a_strangers_run_does_not_run(tmp_path, monkeypatch):
    file = tmp_path / "net.py"
    file.write_text(
        "from pathlib import Path\nfrom torch import nn\nPath(__file__).with_name('ran').touch()\n"
        "class Net(nn.Sequential):\n    def __init__(self):\n"
        "        super().__init__(nn.Flatten(), nn.Linear(784, 10))\n"
    )
    run = train(f"{file}:Net", "fashion-mini", epochs=0.02, out=tmp_path / "run", report=False)
    assert not (run.path / "report.html").exists()
    (tmp_path / "ran").unlink()
    monkeypatch.setenv("GLASSNET_STATE", str(tmp_path / "stranger"))
    written = report(run, lang="en")
    assert not (tmp_path / "ran").exists()
    assert "code from a run folder runs only when you name it" in written.left_out["network"]
    assert report(run, lang="en", net=f"{file}:Net").left_out == {}
    assert (tmp_path / "ran").exists()


def test_a_damaged_run_is_told(finished_run):
    path = finished_run.path / "run.json"
    content = json.loads(path.read_text("utf-8"))
    del content["source"]["policy"]
    path.write_text(json.dumps(content), "utf-8")
    with pytest.raises(RunError) as error:
        report(finished_run, lang="en")
    assert error.value.what == "the run is damaged, or of another version"


def test_a_training_writes_one_at_its_end(shared_run):
    page = (shared_run.path / "report.html").read_text("utf-8")
    assert f"<b>{100 * shared_run.info['result']['test_accuracy']:.2f}</b>" in page


def test_chinese_classes_from_a_folder(animals, tmp_path):
    run = train("lenet", animals, epochs=1, out=tmp_path / "run", report=False)
    page = report(run, lang="zh").path.read_text("utf-8")
    check_page(page, "zh")
    assert {"猫", "狗", "小 鸟's"} <= {text.strip() for text in read(page).texts["th"]}


def test_the_parts_are_those_of_evaluate_by_folder_size_and_brightness(animals, tmp_path):
    (animals / "test" / "猫" / "园").mkdir()
    (animals / "test" / "猫" / "图0.png").rename(animals / "test" / "猫" / "园" / "图0.png")
    file = animals / "test" / "狗" / "图1.png"
    with Image.open(file) as picture:
        picture.resize((32, 50)).save(file)
    run = train("lenet", animals, epochs=0.5, batch=8, out=tmp_path / "run", report=False)
    parts = evaluate(run).judgement.slices
    assert {part.by for part in parts} == {"folder", "size", "brightness"}
    page = report(run, lang="en").path.read_text("utf-8")
    table = re.findall(r'<tr><td>([^<]*)</td><th scope="row"(?: class="whole")?>([^<]*)</th>', page)
    assert table == [(part.by, part.name.replace(" to ", " – ")) for part in parts]


def test_a_large_source_is_not_audited_and_the_page_says_how(finished_run, monkeypatch):
    monkeypatch.setenv("GLASSNET_CACHE", str(finished_run.path / "cache"))
    monkeypatch.setattr(make, "SMALL", 6999)
    page = report(finished_run, lang="en").path.read_text("utf-8")
    assert "Not audited yet" in page
    assert "glassnet data fashion-mini" in page
    monkeypatch.setattr(make, "SMALL", 7000)
    page = report(finished_run, lang="en").path.read_text("utf-8")
    assert "Not audited yet" not in page
    assert "fashion-mini:train[2081] · fashion-mini:test[296]" in page


def test_findings_are_told_in_the_readers_language(info):
    evidence = {"known": 99.0, "unknown": 41.0, "count": 512}
    info["result"]["findings"] = [
        {"code": "overfitting", "severity": "warning", "title": "Overfitting", "file": None, "line": None,
         "module": None, "message": "99 % of pictures to train on are right, and 41 % of 512 others",
         "evidence": evidence, "mend": ""},
        {"code": "../../zh", "severity": "note", "title": "<b>x</b>", "message": "y", "evidence": {}, "mend": ""},
    ]  # fmt: skip
    content = content_of(info, np.array([0, 1]), np.eye(2), ("a", "b"))
    page = report_page(replace(content, info=content.info), lang="zh")
    assert "Overfitting" not in page
    assert "过拟合" in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("macs", [1, 10**9])
def test_every_reason_of_an_automatic_choice_is_told_in_chinese(own, macs):
    facts = Facts(
        5000, 28, 28, 1 if own else 3, mirrored=own, own_val=own, macs=macs, convolutions=own, own_net=own
    )
    for optimizer in (None, "sgd", "adam"):
        _, reasons = resolve(Recipe(net="toy", optimizer=optimizer), facts)
        for reason in reasons.values():
            assert re.search("[一-鿿]", reason_in(reason, "zh")), reason
            assert not re.search("the|over", reason_in(reason, "zh")), reason


def test_parts_in_a_list_of_modules_are_named_with_the_list():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.convs = nn.ModuleList([nn.Conv2d(1, 2, 3)])
            self.norms = nn.ModuleList([nn.BatchNorm2d(2)])

        def forward(self, images):
            return self.norms[0](self.convs[0](images))

    trace = record(nn.Sequential(Net()).eval(), torch.ones(1, 1, 8, 8))
    parts = structure_of(Seen(trace, None, ""), "en").parts
    assert [(part.name, part.depth) for part in parts] == [("0", 0), ("convs.0", 1), ("norms.0", 1)]


def test_the_run_may_be_given_as_a_run(finished_run):
    assert report(Run(finished_run.path), lang="en").split == "test"


def test_long_names_are_shortened_in_the_middle_and_make_no_page_wider(info, chromium):
    names = ("W" * 90, "the cells of the first patient, left", "the cells of the first patient, right")
    page = report_page(content_of(info, np.array([0, 1, 2, 0]), np.eye(3)[[1, 1, 2, 2]], names))
    check_page(page, "en")
    heads = [text.strip() for text in read(page).texts["th"]]
    assert len({head for head in heads if "…" in head}) == 3
    found = chromium(
        page, "return document.documentElement.scrollWidth <= document.documentElement.clientWidth",
        size=(500, 900),
    )  # fmt: skip
    assert found
