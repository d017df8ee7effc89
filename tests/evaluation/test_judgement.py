"""A judgement against scikit-learn and SciPy, with ties, absent classes and one picture, and what must always hold."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    classification_report,
    confusion_matrix,
    log_loss,
    roc_auc_score,
    top_k_accuracy_score,
)
from sklearn.metrics import precision_recall_curve as their_precision_recall
from sklearn.metrics import roc_curve as their_roc

from glassnet.errors import RunError
from glassnet.evaluation.calibration import BINS, calibrate, fit_temperature
from glassnet.evaluation.confusion import confusion, most_confused, normalised
from glassnet.evaluation.curves import precision_recall_curve, roc_curve, thinned
from glassnet.evaluation.judgement import as_data, judge
from glassnet.evaluation.predictions import Predictions
from glassnet.evaluation.scores import score, top_k
from glassnet.evaluation.slices import by_folder, by_thirds, slices

CLASSES = ("猫", "狗", "鸟", "cat", "dog", "owl", "none here", "nor here")


@pytest.fixture(autouse=True)
def _scikit_learn_may_warn():
    """It warns of classes without pictures; we answer None."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def made(count=400, classes=CLASSES, absent=2, seed=0, sharp=2.0):
    """Predictions that are often right, too sure, and lack the last classes."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, len(classes) - absent, count)
    logits = random.normal(size=(count, len(classes)))
    logits[np.arange(count), labels] += 1.2
    paths = np.array([f"test/{classes[label]}/{number}.png" for number, label in enumerate(labels)])
    return Predictions((sharp * logits).astype(np.float32), labels, paths, tuple(classes))


@st.composite
def ties(draw):
    """Few pictures whose logits are small whole numbers: many are equal, and classes are absent."""
    classes, count = draw(st.integers(2, 7)), draw(st.integers(1, 20))
    row = st.lists(st.integers(-2, 2), min_size=classes, max_size=classes)
    logits = np.array(draw(st.lists(row, min_size=count, max_size=count)), np.float32)
    labels = np.array(draw(st.lists(st.integers(0, classes - 1), min_size=count, max_size=count)), np.int64)
    paths = np.array([f"{label}/{number}.png" for number, label in enumerate(labels)])
    return Predictions(logits, labels, paths, tuple(map(str, range(classes))))


def same(ours, theirs):
    return ours == pytest.approx(theirs, abs=1e-9)


def assert_as_scikit_learn(told):
    found = judge(told, split="test", source="made")
    labels, predicted, probabilities = told.labels, told.predicted, told.probabilities
    numbers = range(len(told.classes))
    assert found.confusion == tuple(map(tuple, confusion_matrix(labels, predicted, labels=numbers).tolist()))
    shares = confusion_matrix(labels, predicted, labels=numbers, normalize="true")
    assert same(normalised(np.array(found.confusion)), shares)
    report = classification_report(labels, predicted, output_dict=True, zero_division=0)
    for ours, theirs in ((found.scores.macro, "macro avg"), (found.scores.weighted, "weighted avg")):
        assert same(ours.precision, report[theirs]["precision"])
        assert same(ours.recall, report[theirs]["recall"])
        assert same(ours.f1, report[theirs]["f1-score"])
    for number, curve in enumerate(found.curves):
        positive, scores = labels == number, probabilities[:, number]
        if not positive.any():
            assert (curve.average_precision, curve.auc, curve.precision_recall) == (None, None, ())
            continue
        assert same(curve.average_precision, average_precision_score(positive, scores))
        precision, recall, _ = their_precision_recall(positive, scores)
        mine = precision_recall_curve(scores, positive)
        assert same(mine[0], precision[::-1])
        assert same(mine[1], recall[::-1])
        if positive.all():
            assert (curve.auc, curve.roc) == (None, ())
            continue
        assert same(curve.auc, roc_auc_score(positive, scores))
        false, true, _ = their_roc(positive, scores, drop_intermediate=False)
        assert same(roc_curve(scores, positive)[0], false)
        assert same(roc_curve(scores, positive)[1], true)
    calibration = found.calibration
    assert same(
        calibration.brier, brier_score_loss(labels, probabilities, labels=numbers, scale_by_half=False)
    )
    assert same(calibration.nll, log_loss(labels, probabilities, labels=numbers))
    right = probabilities.argmax(1) == labels
    true, confident = calibration_curve(right, probabilities.max(1), n_bins=BINS)
    filled = [part for part in calibration.bins if part.images]
    assert same([part.accuracy for part in filled], true)
    assert same([part.confidence for part in filled], confident)
    weights = np.array([part.images for part in filled]) / len(labels)
    assert same(calibration.ece, float((weights * np.abs(true - confident)).sum()))
    return found


def test_a_judgement_is_that_of_scikit_learn():
    found = assert_as_scikit_learn(made())
    assert 0.3 < found.scores.accuracy < 0.9
    assert len(found.mistakes) == len(found.least_confident_hits) == 32


@settings(max_examples=25, deadline=None)
@given(ties())
def test_also_with_ties_absent_classes_and_one_picture(told):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert_as_scikit_learn(told)


@pytest.mark.parametrize("k", [1, 2, 5, 8])
def test_top_k_is_that_of_scikit_learn(k):
    told = made()
    theirs = top_k_accuracy_score(told.labels, told.logits, k=k, labels=range(8)) if k < 8 else 1.0
    assert same(top_k(told.logits, told.labels, k), theirs)


@settings(max_examples=30, deadline=None)
@given(ties(), st.integers(1, 6))
def test_of_equal_logits_the_first_class_is_the_likelier_as_for_the_accuracy(told, k):
    """Scikit-learn takes the last; turned round it is the same."""
    classes = len(told.classes)
    top = top_k(told.logits, told.labels, k)
    assert top_k(told.logits, told.labels, 1) == score(told.labels, told.predicted, told.classes).accuracy
    assert top <= top_k(told.logits, told.labels, k + 1) <= 1
    if classes > 2 and k < classes:
        turned = told.logits[:, ::-1]
        theirs = top_k_accuracy_score(classes - 1 - told.labels, turned, k=k, labels=range(classes))
        assert same(top, theirs)


def test_the_mean_auc_is_that_of_scikit_learn_where_all_classes_occur():
    told = made(absent=0)
    found = judge(told, split="test", source="made")
    assert same(found.auc, roc_auc_score(told.labels, told.probabilities, multi_class="ovr"))
    onehot = np.eye(8)[told.labels]
    assert same(found.average_precision, average_precision_score(onehot, told.probabilities))


# --- the temperature


@pytest.mark.parametrize("sharp", [0.2, 1.0, 5.0, 40.0])
def test_the_temperature_has_the_least_loss(sharp):
    told = made(sharp=sharp)

    def loss(log_temperature):
        cooled = told.logits.astype(np.float64) / np.exp(log_temperature)
        return np.mean(
            np.log(np.exp(cooled - cooled.max(1, keepdims=True)).sum(1))
            + cooled.max(1)
            - cooled[range(400), told.labels]
        )

    best = minimize_scalar(loss, bounds=(-6, 6), method="bounded", options={"xatol": 1e-9})
    assert fit_temperature(told.logits, told.labels) == pytest.approx(np.exp(best.x), rel=1e-4)


def test_the_temperature_undoes_what_made_the_logits_too_sure():
    validation, told = made(4000, seed=1), made(4000, seed=2)
    found = judge(told, split="test", source="made", validation=validation)
    assert found.no_temperature is None
    assert found.temperature.fitted_on == 4000
    assert found.temperature.calibration.ece < 0.5 * found.calibration.ece
    assert found.temperature.calibration.nll < found.calibration.nll
    sharper = Predictions(3 * validation.logits, validation.labels, validation.paths, validation.classes)
    again = judge(told, split="test", source="made", validation=sharper)
    assert again.temperature.value == pytest.approx(3 * found.temperature.value, rel=1e-6)


def test_where_there_is_no_temperature_it_is_said():
    told = made()
    sure = Predictions(np.eye(8, dtype=np.float32)[told.labels], told.labels, told.paths, told.classes)
    flat = Predictions(np.zeros((400, 8), np.float32), told.labels, told.paths, told.classes)
    other = Predictions(told.logits, told.labels, told.paths, tuple("abcdefgh"))
    for split, validation, reason in (
        ("val", told, "it is fitted on the validation split, so it is not judged there"),
        ("test", None, "there are no predictions of the validation split to fit it on"),
        ("test", other, "the run's predictions of the validation split are not of this network"),
        ("test", sure, "no temperature is best for the validation split: all or nothing in it is told right"),
        ("test", flat, "no temperature is best for the validation split: all or nothing in it is told right"),
    ):
        found = judge(told, split=split, source="made", validation=validation)
        assert (found.temperature, found.no_temperature) == (None, reason)


# --- what must always hold


@settings(max_examples=30, deadline=None)
@given(ties())
def test_the_parts_add_up(told):
    found = judge(told, split="test", source="made")
    matrix = np.array(found.confusion)
    wrong = int(matrix.sum() - matrix.trace())
    assert matrix.sum() == found.scores.images == sum(part.images for part in found.calibration.bins)
    assert sum(pair.images for pair in found.confused) == wrong or len(found.confused) == 20
    assert len(found.mistakes) == min(wrong, 32)
    assert all(t.name != t.predicted and t.probability >= t.own_probability for t in found.mistakes)
    assert all(t.name == t.predicted for t in found.least_confident_hits)
    chances = [t.probability for t in found.mistakes]
    assert chances == sorted(chances, reverse=True)
    chances = [t.probability for t in found.least_confident_hits]
    assert chances == sorted(chances)
    assert 0 <= found.calibration.ece <= 1
    assert -1e-12 <= found.calibration.brier <= 2
    json.dumps(as_data(found), allow_nan=False)


@settings(max_examples=30, deadline=None)
@given(ties(), st.randoms(use_true_random=False))
def test_the_order_of_pictures_changes_no_figure(told, random):
    order = list(range(len(told.labels)))
    random.shuffle(order)
    mixed = Predictions(told.logits[order], told.labels[order], told.paths[order], told.classes)
    first, second = (judge(one, split="test", source="made") for one in (told, mixed))
    assert (first.scores, first.confusion, first.confused) == (
        second.scores,
        second.confusion,
        second.confused,
    )
    assert (first.curves, first.top5) == (second.curves, second.top5)
    assert same(first.calibration.ece, second.calibration.ece)


def test_a_class_of_one_picture_and_one_picture_alone():
    told = Predictions(np.array([[2.0, 0.0]], np.float32), np.array([1]), np.array(["a"]), ("x", "y"))
    found = judge(told, split="test", source="one")
    assert found.scores.accuracy == 0
    assert found.top5 is None
    assert (found.average_precision, found.auc) == (1.0, None)
    assert found.mistakes[0].path == "a"
    assert found.slices == ()
    alone = Predictions(np.zeros((1, 1), np.float32), np.array([0]), np.array(["a"]), ("x",))
    assert judge(alone, split="test", source="one").scores.accuracy == 1


def test_outputs_that_are_not_finite_are_an_error():
    told = made(10)
    told.logits[3, 1] = np.nan
    with pytest.raises(RunError) as caught:
        judge(told, split="test", source="made")
    assert str(caught.value) == (
        "the network's outputs are not finite, so they cannot be judged\n  where: test split\n"
        "  got: NaN or infinity for 1 of 10 pictures\n"
        "  hint: glassnet check RUN looks for the cause; train with a lower --lr"
    )


def test_logits_of_any_size():
    told = made(50)
    huge = Predictions(told.logits * np.float32(1e37), told.labels, told.paths, told.classes)
    found = judge(huge, split="test", source="made", validation=huge)
    json.dumps(as_data(found), allow_nan=False)


def test_most_confused_pairs():
    matrix = np.array([[5, 3, 0], [1, 0, 3], [0, 0, 9]])
    found = most_confused(matrix, ("a", "b", "c"), 2)
    assert [(pair.name, pair.said, pair.images, pair.share) for pair in found] == [
        ("a", "b", 3, 0.375), ("b", "c", 3, 0.75),
    ]  # fmt: skip
    assert most_confused(np.diag([3, 2]), ("a", "b"), 5) == ()


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 5000), st.integers(0, 9))
def test_a_thinned_curve_keeps_its_ends_and_its_shape(count, seed):
    random = np.random.default_rng(seed)
    x, y = np.sort(random.random(count)), np.sort(random.random(count))
    points = np.array(thinned(x, y))
    assert len(points) <= 100
    assert points[0].tolist() == [x[0], y[0]]
    assert points[-1].tolist() == [x[-1], y[-1]]
    assert np.abs(np.interp(x, points[:, 0], points[:, 1]) - y).max() < max(0.05, 2.2 * np.diff(y).max())


# --- slices


def test_folders_beside_those_of_the_classes():
    labels = np.array([0, 0, 1, 1])
    paths = ["test/猫/家/1.png", "test/猫/园/2.png", "test/狗/家/1.png", "test/狗/3.png"]
    assert by_folder(paths, labels, CLASSES) == ["家", "园", "家", "."]
    assert by_folder(["家/猫/1.png", "园/猫/1.png", "园/狗/1.png", "园/狗/2.png"], labels, CLASSES) == [
        "家",
        "园",
        "园",
        "园",
    ]
    assert (
        by_folder(["test/猫/1.png", "test/猫/2.png", "test/狗/1.png", "test/狗/3.png"], labels, CLASSES)
        is None
    )
    assert by_folder([f"mnist:test[{i}]" for i in range(4)], labels, CLASSES) is None


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=60))
def test_thirds(values):
    names = by_thirds(np.array(values, float), "{:.0f}")
    if names is None:
        assert len(set(values)) == 1
        return
    for name in set(names):
        ends = [int(end) for end in name.split(" to ")]
        inside = [value for value, own in zip(values, names, strict=True) if own == name]
        assert [min(inside), max(inside)] == [ends[0], ends[-1]]
        assert all(not ends[0] <= v <= ends[-1] for v, own in zip(values, names, strict=True) if own != name)
    if len(set(values)) == len(values) and len(values) % 3 == 0:
        assert {names.count(name) for name in names} == {len(values) // 3}


def test_slices_are_scored_each_for_itself_and_the_worst_comes_first():
    told = made(300)
    paths = np.array([f"{i % 3}/{i}.png" for i in range(300)])
    told = Predictions(told.logits, told.labels, paths, told.classes)
    sizes = np.where(np.arange(300) % 2, 640.0, 32.0)
    found = judge(told, split="test", source="made", sizes=sizes, brightness=np.linspace(0, 1, 300))
    right = told.predicted == told.labels
    assert {(part.by, part.name): (part.images, part.accuracy) for part in found.slices} == {
        **{("folder", str(i)): (100, right[i::3].mean()) for i in range(3)},
        ("size", "32 px"): (150, right[::2].mean()),
        ("size", "640 px"): (150, right[1::2].mean()),
        ("brightness", "0.00 to 0.33"): (100, right[:100].mean()),
        ("brightness", "0.33 to 0.67"): (100, right[100:200].mean()),
        ("brightness", "0.67 to 1.00"): (100, right[200:].mean()),
    }
    folders = [part.accuracy for part in found.slices if part.by == "folder"]
    assert folders == sorted(folders)
    assert judge(told, split="test", source="made", sizes=np.ones(300)).slices == found.slices[:3]
    assert slices("size", ["a", "a"], np.array([True, False])) == ()


def test_json_keys_of_the_contract():
    data = as_data(judge(made(), split="test", source="made"))
    assert {"accuracy", "interval", "images", "per_class"} <= set(data)
    assert set(data["per_class"][0]) == {
        "class", "precision", "recall", "f1", "support", "average_precision", "auc",
    }  # fmt: skip
    assert data["confused"][0].keys() == {"class", "said", "images", "share"}
    assert confusion(np.array([0]), np.array([0]), 1).tolist() == [[1]]
    assert calibrate(np.ones((1, 1)), np.array([0])).ece == 0
