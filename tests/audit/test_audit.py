"""The audit finds exactly what was put into made-up sources."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores

import glassnet
from glassnet.audit import copies, labels, make
from glassnet.audit.make import audit_if_cheap
from glassnet.audit.saved import audit_as_data, read_audit, save_audit
from glassnet.errors import PicturesError
from glassnet.pictures import nearly_shared_pictures
from glassnet.pictures.pictures import Rejected
from glassnet.verbs.data import findings_of

from sources_for_tests import as_jpeg, audit_of, brighter, cropped, scenes, split

FASHION = Path("/usr/share/datasets/fashion-mnist")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSNET_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def drawn():
    return scenes(260, seed=0)


def places(found):
    return {((c.of.split, c.of.index), (c.picture.split, c.picture.index)) for c in found}


def test_every_copy_is_found_and_no_other(drawn):
    train, test = drawn[:200].copy(), drawn[200:].copy()
    train[10], train[11] = train[3], train[4]  # within train, 4 and 11 with two labels
    test[0] = train[20]
    test[1], test[2], test[3] = as_jpeg(train[30]), cropped(train[31]), brighter(train[32])
    train[90] = as_jpeg(train[60])
    tags = np.zeros(200, int)
    tags[100:] = 1
    tags[11] = 1
    audit = audit_of({"train": split(train, tags, "train"), "test": split(test, [0, 1] * 30, "test")})
    exact = audit.copies_of(kind="exact")
    assert places(exact) == {
        (("train", 3), ("train", 10)), (("train", 4), ("train", 11)), (("train", 20), ("test", 0)),
    }  # fmt: skip
    assert [c.picture.index for c in exact if c.two_labels] == [11]
    assert places(audit.copies_of(kind="near")) == {
        (("train", 30), ("test", 1)), (("train", 31), ("test", 2)), (("train", 32), ("test", 3)),
        (("train", 60), ("train", 90)),
    }  # fmt: skip
    assert [c.across for c in exact] == [False, False, True]


def test_pictures_that_are_merely_drawn_alike_are_no_copies(drawn):
    audit = audit_of({"train": split(drawn, [0, 1] * 130, "train")})
    assert audit.copies == ()


def test_counts_blank_and_unreadable(drawn):
    images = drawn[:120].copy()
    images[7], images[8] = 0, 200
    pictures = replace(
        split(images, [0] * 90 + [1] * 30, "train", ("cat", "dog", "猫")),
        rejected=(Rejected("train/broken.jpg", "the file is truncated"),),
    )
    facts = audit_of({"train": pictures}).splits[0]
    assert (facts.images, facts.per_class) == (120, (90, 30, 0))
    assert [place.index for place in facts.blank] == [7, 8]
    assert facts.rejected[0].path == "train/broken.jpg"
    pixels = images.reshape(-1, 3) / 255
    assert facts.mean == pytest.approx(pixels.mean(0))
    assert facts.deviation == pytest.approx(pixels.std(0))


def test_false_labels_are_doubted_and_no_others():
    rng = np.random.default_rng(0)
    images = scenes(300, seed=1)
    true = rng.integers(0, 2, 300)
    images[true == 1, :, ::4] = 255  # stripes
    given = true.copy()
    false = [5, 50, 111, 222, 280]
    given[false] = 1 - given[false]
    found = audit_of({"train": split(images, given, "train")}).labels
    assert found.images == 300
    assert found.accuracy > 0.95
    doubted = {doubt.picture.index for doubt in found.doubts}
    assert doubted <= set(false)  # no label is doubted that is right
    assert len(doubted) >= 4  # confident learning leaves out what is doubtful, but less so than usual
    assert all(doubt.suggested == true[doubt.picture.index] for doubt in found.doubts)


def test_labels_that_pictures_do_not_tell_are_not_doubted():
    tags = np.random.default_rng(0).integers(0, 4, 200)
    found = audit_of({"train": split(scenes(200, seed=2), tags, "train", "abcd")}).labels
    assert (found.skipped, found.doubts, found.images) == ("too_hard", (), 200)
    assert found.accuracy < 0.4


def test_leave_one_out_is_what_leaving_one_out_gives(monkeypatch):
    """Oracle: ridge regression solved anew without each sample, in float64."""
    monkeypatch.setattr(labels, "RIDGES", (0.1,))
    torch.manual_seed(0)
    features, tags = torch.randn(40, 6), torch.arange(40) % 3
    scores = labels._left_out(features, tags, 3).double()
    x = features.double()
    one_hot = torch.nn.functional.one_hot(tags, 3).double()
    shares = one_hot.mean(0)
    strength = 0.1 * torch.linalg.eigvalsh(x.T @ x).mean()
    for i in (0, 7, 39):
        kept = torch.arange(40) != i
        gram = x[kept].T @ x[kept] + strength * torch.eye(6, dtype=torch.float64)
        alone = x[i] @ torch.linalg.solve(gram, x[kept].T @ (one_hot - shares)[kept]) + shares
        assert torch.allclose(scores[i], alone, atol=1e-4)


def test_neighbours_in_many_cells_are_the_true_ones():
    torch.manual_seed(0)
    points = torch.nn.functional.normalize(torch.randn(4500, 32), dim=1)
    twins = torch.nn.functional.normalize(points + 0.02 * torch.randn_like(points), dim=1)
    together = torch.cat([points, twins])
    assert len(copies._cells(together)[0]) > copies.PROBED
    nearest = copies._neighbours(together).index[:, 0]
    true = (nearest == (torch.arange(9000) + 4500) % 9000).float().mean()
    assert true > 0.99


def test_splits_that_differ(drawn):
    train = split(drawn[:200], [0] * 100 + [1] * 100, "train")
    same = split(drawn[200:], [0] * 30 + [1] * 30, "test")
    assert audit_of({"train": train, "test": same}).differences == ()
    other = split(drawn[200:] // 2, [0] * 60, "test")
    found = {(d.kind, d.what) for d in audit_of({"train": train, "test": other}).differences}
    assert ("missing_class", "dog") in found
    assert {("mean", "red"), ("mean", "green"), ("mean", "blue")} <= found


def test_one_picture_and_one_class(drawn):
    with pytest.raises(PicturesError) as caught:
        audit_of({"train": split(drawn[:1], [0], "train")})
    assert str(caught.value).splitlines()[:3] == [
        "there is nothing to audit", "  where: made-up", "  got: 1 picture",
    ]  # fmt: skip
    assert audit_of({"train": split(drawn[:150], [0] * 150, "train", ("cat",))}).labels.skipped == "one_class"
    assert audit_of({"train": split(drawn[:20], [0, 1] * 10, "train")}).labels.skipped == "too_few"


@pytest.mark.parametrize("num_classes", [2, 5])
def test_doubtful_labels_and_their_order_are_those_of_cleanlab(num_classes):
    rng = np.random.default_rng(num_classes)
    tags = rng.integers(0, num_classes, 400)
    logits = rng.normal(size=(400, num_classes)) + 1.2 * np.eye(num_classes)[tags]
    probabilities = torch.softmax(torch.from_numpy(logits), dim=1).numpy()
    method = "normalized_margin"
    expected = find_label_issues(
        tags, probabilities, filter_by="confident_learning", return_indices_ranked_by=method, n_jobs=1
    )
    doubtful = np.flatnonzero(labels._is_doubtful(probabilities, tags))
    quality = labels._quality(probabilities, tags)
    assert quality == pytest.approx(get_label_quality_scores(tags, probabilities, method=method))
    assert len(expected) > 10
    assert doubtful[np.argsort(quality[doubtful])].tolist() == expected.tolist()


def test_an_audit_is_kept_by_content_and_read_back(drawn):
    splits = {"train": split(drawn, [0, 1] * 130, "train")}
    assert read_audit(splits) is None
    first = audit_of(splits)
    save_audit(first)
    again = read_audit(splits)
    assert audit_as_data(again) == audit_as_data(first) == json.loads(json.dumps(audit_as_data(first)))
    assert (again.gallery.images == first.gallery.images).all()
    assert read_audit({"train": split(drawn, [1, 0] * 130, "train")}) is None


def test_near_copies_of_training_pictures_are_a_finding(drawn):
    test = drawn[200:].copy()
    for index in range(4):
        test[index] = as_jpeg(drawn[index])
    splits = {"train": split(drawn[:200], [0, 1] * 100, "train"), "test": split(test, [0, 1] * 30, "test")}
    found = findings_of(splits, audit_of(splits)).findings
    leak = next(finding for finding in found if finding.code == "leaked-pictures")
    assert (leak.severity, leak.form, leak.evidence["number"]) == ("warning", "alike", 4)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_text_and_figures_in_both_languages(drawn, lang, tmp_path, capsys):
    images = drawn.copy()
    images[9] = images[8]
    splits = {"train": split(images, [0, 1] * 130, "train", ("猫", "dog"))}
    audited = glassnet.data(splits, figures=tmp_path / "out", lang=lang)
    said = capsys.readouterr().err
    assert ("训练集内部重复 1 次" if lang == "zh" else "repetitions within training: 1") in said
    assert "train/8.png" in said
    assert "猫" in said
    assert {file.name for file in audited.files} >= {"classes.png", "copies.png"}
    assert all(file.stat().st_size > 1000 for file in audited.files)


@pytest.mark.slow
@pytest.mark.skipif(
    not FASHION.is_dir(), reason="needs the original files: apt-get install -y dataset-fashion-mnist"
)
def test_leaked_test_pictures_of_fashion_mnist_are_found():
    splits = glassnet.load("fashion-mnist")
    pairs = nearly_shared_pictures(splits["train"], splits["test"])
    found = places(audit_of(splits).copies_of(splits=("train", "test")))
    assert len(pairs) == 5
    assert {("test", int(b)) for _, b in pairs} <= {picture for _, picture in found}


def test_an_unasked_audit_is_made_of_small_sources_alone(drawn, monkeypatch):
    splits = {"train": split(drawn, [0, 1] * 130, "train")}
    monkeypatch.setattr(make, "SMALL", 259)
    assert audit_if_cheap(splits) is None
    monkeypatch.setattr(make, "SMALL", 260)
    made = audit_if_cheap(splits)
    assert audit_as_data(made) == audit_as_data(read_audit(splits))
    monkeypatch.setattr(make, "SMALL", 259)
    assert audit_as_data(audit_if_cheap(splits)) == audit_as_data(made)  # made before, so it costs nothing
    assert audit_if_cheap({"train": split(drawn[:1], [0], "train")}) is None


def test_an_unasked_audit_needs_no_cache_that_can_be_written(drawn, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("GLASSNET_CACHE", str(tmp_path / "file"))
    assert audit_if_cheap({"train": split(drawn, [0, 1] * 130, "train")}).splits[0].images == 260


@pytest.mark.parametrize(("num_copies", "told"), [(1, []), (4, ["warning"])])
def test_a_training_is_checked_with_the_audit_of_its_source(drawn, tmp_path, num_copies, told):
    test = drawn[200:].copy()
    for index in range(num_copies):
        test[index] = as_jpeg(drawn[index])
    splits = {"train": split(drawn[:200], [0, 1] * 100, "train"), "test": split(test, [0, 1] * 30, "test")}
    run = glassnet.train("lenet", splits, epochs=0.1, out=tmp_path / "run")
    leaks = [one for one in run.info["result"]["findings"] if one["code"] == "leaked-pictures"]
    assert [one["severity"] for one in leaks] == told
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    assert f"train/{num_copies - 1}.png · test/{num_copies - 1}.png" in page  # the report shows them all
    assert "Not audited yet" not in page
