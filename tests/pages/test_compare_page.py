"""Several runs as one offline page."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from glassnet.evaluation.predictions import read_predictions
from glassnet.run import Run
from glassnet.verbs.compare import compare

from browser import check_page, read


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_shows_the_pictures_that_one_run_alone_tells_right(shared_run, tmp_path, lang):
    other = Run(shutil.copytree(shared_run.path, tmp_path / "<b>猫"))
    predictions = read_predictions(other.predictions("test"))
    right = np.flatnonzero(predictions.predicted == predictions.labels)[:5]
    logits = predictions.logits.copy()
    logits[right] = np.eye(10)[(predictions.labels[right] + 1) % 10]
    other.predictions("test").write_bytes(replace(predictions, logits=logits).to_bytes())
    info = other.info
    info["recipe"]["lr"] = 0.5
    (other.path / "run.json").write_text(json.dumps(info), "utf-8")
    compare(shared_run, other, html=tmp_path / "page.html", lang=lang)
    page = (tmp_path / "page.html").read_text("utf-8")
    check_page(page, lang)
    assert page.count('<svg class="pic"') == 5
    assert "&lt;b&gt;猫" in page
    assert "p = 0.062" in page
    assert len(page.encode()) < 500_000


def test_hostile_names_of_classes_and_runs_stay_names(shared_run, tmp_path):
    hostile = '<script>alert(1)</script>&"'
    runs = []
    for name in ("one", '"><img src=x onerror=alert(2)>'):
        run = Run(shutil.copytree(shared_run.path, tmp_path / name))
        predictions = read_predictions(run.predictions("test"))
        classes = (hostile, *predictions.classes[1:])
        if runs:  # other pictures: the sources are told class by class
            predictions = replace(predictions, labels=predictions.labels[::-1].copy())
        run.predictions("test").write_bytes(replace(predictions, classes=classes).to_bytes())
        info = run.info
        info["source"] |= {"classes": list(classes), "name": hostile}
        if runs:
            info["source"]["splits"]["test"]["fingerprint"] = "0" * 32
        (run.path / "run.json").write_text(json.dumps(info), "utf-8")
        runs.append(run)
    found = compare(*runs, html=tmp_path / "page.html", lang="en")
    assert len(found.sources) == 2
    page = (tmp_path / "page.html").read_text("utf-8")
    check_page(page, "en")
    tags = [tag for tag, _ in read(page).elements]
    assert tags.count("script") == 2
    assert "img" not in tags
    assert "&lt;script&gt;alert(1)" in page


def test_runs_without_a_result_or_curves_have_a_page_too(shared_run, tmp_path):
    other = Run(shutil.copytree(shared_run.path, tmp_path / "early"))
    info = other.info
    del info["result"]
    (other.path / "run.json").write_text(json.dumps(info | {"status": "failed"}), "utf-8")
    for name in ("metrics.jsonl", "predictions-test.npz", "predictions-val.npz"):
        (other.path / name).unlink()
    shutil.rmtree(other.path / "weights")
    compare(shared_run, other, html=tmp_path / "page.html", lang="en")
    page = (tmp_path / "page.html").read_text("utf-8")
    check_page(page, "en")
    assert "one of them has no predictions" in page
