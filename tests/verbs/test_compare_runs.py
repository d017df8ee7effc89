"""Runs side by side: what differs, who is better on the same pictures, which seeds are one group."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from glassnet.errors import RunError, UsageError
from glassnet.evaluation.predictions import read_predictions
from glassnet.evaluation.separability import Reached, Separability
from glassnet.pictures import load
from glassnet.reports.answers import answers
from glassnet.run import Run
from glassnet.texts import texts
from glassnet.verbs.compare import compare
from glassnet.verbs.report_content import RunPictures


@pytest.fixture
def variant(shared_run, tmp_path):
    """Give a function that copies the shared run, with other words in `run.json` and other predictions."""

    def make(name: str, *, recipe=None, source=None, wrong=(), **top) -> Run:
        run = Run(shutil.copytree(shared_run.path, tmp_path / name))
        info = run.info
        info["recipe"] |= recipe or {}
        info["source"] |= source or {}
        (run.path / "run.json").write_text(json.dumps(info | top), "utf-8")
        predictions = read_predictions(run.predictions("test"))
        logits = predictions.logits.copy()
        for index in wrong:
            logits[index] = np.eye(10)[(predictions.labels[index] + 1) % 10] * 50
        run.predictions("test").write_bytes(replace(predictions, logits=logits).to_bytes())
        return run

    return make


def test_the_same_run_twice_is_no_difference_and_no_mistake(variant):
    found = compare(variant("a"), variant("b"), lang="en")
    assert found.differences == ()
    assert found.sources == ()
    assert found.pairs[0].paired.p_value == 1.0
    assert [len(group.runs) for group in found.groups] == [2]  # the same seed, too


def test_what_one_tells_right_and_the_other_wrong(variant, shared_run):
    predictions = read_predictions(shared_run.predictions("test"))
    right = np.flatnonzero(predictions.predicted == predictions.labels)[:40].tolist()
    found = compare(variant("a"), variant("b", recipe={"lr": 0.5}, wrong=right), lang="en")
    paired = found.pairs[0].paired
    assert paired.only_first == tuple(right)
    assert paired.only_second == ()
    assert paired.method == "chi-square"
    assert found.pairs[0].adjusted == paired.p_value < 1e-8
    assert [(each.name, each.values) for each in found.differences] == [("lr", ("0.001", "0.5"))]
    assert found.groups == ()


def test_seeds_are_one_group_with_its_spread(variant, shared_run):
    predictions = read_predictions(shared_run.predictions("test"))
    right = np.flatnonzero(predictions.predicted == predictions.labels).tolist()
    runs = [variant(f"seed{n}", recipe={"seed": n}, wrong=right[: 10 * n]) for n in range(3)]
    found = compare(*runs, variant("other", recipe={"batch": 7}), lang="en")
    accuracy = len(right) / 1000
    assert [group.runs for group in found.groups] == [(0, 1, 2)]
    assert found.groups[0].accuracy.mean == pytest.approx(accuracy - 0.01)
    assert found.groups[0].accuracy.deviation == pytest.approx(0.01)
    assert len(found.pairs) == 6
    assert all(pair.adjusted >= pair.paired.p_value for pair in found.pairs)


def test_other_pictures_or_classes_are_not_tested_and_their_hardness_is_told(variant, shared_run):
    splits = {name: dict(split) for name, split in shared_run.info["source"]["splits"].items()}
    splits["test"]["fingerprint"] = "0" * 32
    found = compare(variant("a"), variant("b", source={"name": "/gone/pets", "splits": splits}), lang="en")
    assert (found.pairs[0].paired, found.pairs[0].reason) == (None, "other_pictures")
    known, gone = found.sources
    assert known.separability.linear.accuracy > known.separability.nearest_mean.accuracy > 0.5
    assert gone.separability is None
    assert "/gone/pets" in gone.reason


def test_a_run_that_was_not_judged_is_said(variant):
    run = variant("b")
    for split in ("test", "val"):
        run.predictions(split).unlink()
    found = compare(variant("a"), run, lang="en")
    assert (found.entries[1].scores, found.pairs[0].reason) == (None, "not_judged")


def test_many_runs_are_each_compared_with_the_best(variant):
    runs = [
        variant("best"),
        *(variant(f"r{n}", recipe={"batch": n + 1}, wrong=range(n + 1)) for n in range(6)),
    ]
    found = compare(*runs, lang="en")
    assert [(pair.first, pair.second) for pair in found.pairs] == [(0, n) for n in range(1, 7)]


def test_names_tell_runs_apart(variant, tmp_path):
    first = variant("one/run")
    found = compare(first, variant("two/run"), lang="en")
    assert [entry.name for entry in found.entries] == ["one/run", "two/run"]


def test_one_run_is_refused(shared_run):
    with pytest.raises(UsageError) as error:
        compare(shared_run, shared_run.path)
    assert str(error.value) == (
        f"one run cannot be compared\n  got: {shared_run.path}, {shared_run.path}\n"
        "  expected: two or more run folders\n  hint: glassnet compare runs/*"
    )


def test_a_damaged_run_is_told(variant):
    with pytest.raises(RunError) as error:
        compare(variant("a"), variant("b", net=None), lang="en")
    assert "the run is damaged, or of another version" in str(error.value)
    assert "nothing at net.net" in str(error.value)


def test_a_result_of_an_earlier_version_is_told(variant, shared_run):
    result = {key: value for key, value in shared_run.info["result"].items() if key != "seconds"}
    with pytest.raises(RunError) as error:
        compare(shared_run, variant("old", result=result), lang="en")
    assert "nothing at result.seconds" in str(error.value)


@pytest.fixture
def told(shared_run, capsys):
    """Give a function that compares runs and gives the text of it in one line of words."""

    def tell(*runs, lang="en") -> str:
        compare(*runs, lang=lang)
        return " ".join(capsys.readouterr().err.split())

    return tell


def test_the_answer_names_the_best_and_goes_on_where_it_lies_at_the_end(variant, told):
    right = range(300)
    runs = [
        variant(f"lr-{lr}", recipe={"lr": lr}, wrong=right[:count], chosen=[])
        for lr, count in ((0.1, 300), (0.2, 150), (0.4, 0))
    ]
    text = told(*runs)
    assert "answer lr-0.4 is the best: " in text
    assert "0.4 is the largest lr that was tried: a larger one may be better still" in text
    assert "0.1 是试过的 lr 中最小的" in told(*_reversed(variant, right), lang="zh")
    assert "the largest" not in told(*runs[1:]), "two values always lie at an end"


def _reversed(variant, right):
    return [
        variant(f"down-{lr}", recipe={"lr": lr}, wrong=right[:count], chosen=[])
        for lr, count in ((0.1, 0), (0.2, 150), (0.4, 300))
    ]


def test_a_lead_that_chance_explains_is_no_answer(variant, told, shared_run):
    text = told(shared_run, variant("other", recipe={"lr": 0.5}, wrong=range(3)))
    assert "is the best" not in text
    assert "but chance explains its lead over" in text


def test_what_glassnet_chose_by_itself_has_a_star_and_makes_no_row_of_values(variant, told):
    runs = [
        variant(f"{name}-{lr}", recipe={"optimizer": name, "lr": lr}, wrong=range(count), chosen=["lr"])
        for name, lr, count in (("sgd", 0.1, 300), ("adam", 0.2, 150), ("adamw", 0.4, 0))
    ]
    text = told(*runs)
    assert "lr 0.1 * 0.2 * 0.4 * optimizer sgd adam adamw" in text
    assert "(* chosen by glassnet)" in text
    assert "the largest" not in text


def test_other_numbers_of_steps_are_told(variant, told, shared_run):
    other = variant("small", recipe={"batch": 8})
    lines = [json.loads(line) for line in (other.path / "metrics.jsonl").read_text("utf-8").splitlines()]
    text = "".join(json.dumps(line | {"step": 4 * line["step"]}) + "\n" for line in lines)
    (other.path / "metrics.jsonl").write_text(text, "utf-8")
    steps = max(line["step"] for line in lines)
    assert f"steps {steps:,} {4 * steps:,}" in told(shared_run, other)


@pytest.mark.parametrize(("wrong", "words"), [(400, "are harder"), (0, "do not explain it")])
def test_one_network_on_two_sources(variant, shared_run, monkeypatch, wrong, words):
    easy, hard = (Reached(share, (0.0, 1.0)) for share in (0.8, 0.3))
    linear = iter([easy, hard])
    monkeypatch.setattr(
        "glassnet.verbs.compare.separability",
        lambda *_: Separability(reached := next(linear), reached, (None,) * 10, 1, 1),
    )
    first = shared_run if wrong else variant("worse", wrong=range(400))
    splits = json.loads(json.dumps(shared_run.info["source"]["splits"]))
    splits["test"]["fingerprint"] = "0" * 32
    other = variant("elsewhere", wrong=range(wrong), source={"splits": splits, "name": "others"})
    monkeypatch.setattr("glassnet.verbs.compare.read_pictures", lambda *_: RunPictures(load("fashion-mini")))
    (sentence,) = answers(compare(first, other, lang="en"), texts("en", "compare"))
    assert words in sentence
    assert "(a linear map of the pixels: 80.0 and 30.0 %)" in sentence or "(80.0 and 30.0 %)" in sentence


@pytest.mark.parametrize(
    ("wrong", "words"), [(100, "ahead by more than seeds"), (1, "seeds alone may explain")]
)
def test_recipes_of_several_seeds_are_compared_by_their_means(variant, told, shared_run, wrong, words):
    predictions = read_predictions(shared_run.predictions("test"))
    right = np.flatnonzero(predictions.predicted == predictions.labels).tolist()
    runs = [
        variant(
            f"{name}-{seed}",
            recipe={"optimizer": name, "seed": seed},
            wrong=right[: more + 5 * seed],
            chosen=[],
        )
        for name, more in (("sgd", wrong), ("adam", 0))
        for seed in range(3)
    ]
    text = told(*runs)
    assert words in text
    best, other = (100 * (len(right) - 5 - more) / 1000 for more in (0, wrong))
    assert f"optimizer adam: {best:.2f} ± 0.50 % over 3 seeds; optimizer sgd: {other:.2f} ± 0.50 %" in text
    assert "McNemar" not in text
