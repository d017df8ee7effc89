"""`check NET SOURCE`: mistakes in pictures that are made here, so that every fact of them is known."""

from __future__ import annotations

import numpy as np
import pytest
from torch import nn

from glassnet.checks.wording import in_words
from glassnet.verbs.check import check

CLASSES, SIDE = 4, 12
PATTERNS = np.random.default_rng(0).integers(40, 216, (CLASSES, SIDE, SIDE))


def made(count: int, seed: int, *, labels=None, noise: float = 25) -> tuple[np.ndarray, np.ndarray]:
    """Make pictures of a class's pattern with noise."""
    draw = np.random.default_rng(seed)
    labels = np.arange(count) % CLASSES if labels is None else np.asarray(labels)
    images = PATTERNS[labels] + draw.normal(0, noise, (count, SIDE, SIDE))
    return images.clip(0, 255).astype(np.uint8), labels.astype(np.int64)


def checked(folder, x, y, x_test=None, y_test=None, **more):
    """Check a small sound network with these pictures; give the findings."""
    arrays = {"x": x, "y": y} | ({} if x_test is None else {"x_test": x_test, "y_test": y_test})
    np.savez(folder / "made.npz", **arrays)
    net = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(8 * 36, 32), nn.ReLU(), nn.Linear(32, len(np.unique(y))),
    )  # fmt: skip
    return check(net, folder / "made.npz", lang="en", **more).found.findings


def told(findings) -> list[tuple[str, str, str]]:
    return [(one.code, one.severity, one.form) for one in findings]


def words(finding) -> str:
    in_words(finding, "zh")  # has all of its fields, too
    return in_words(finding, "en").message


@pytest.mark.usefixtures("alone")
class TestMistakes:
    def test_sound_pictures(self, tmp_path):
        assert told(checked(tmp_path, *made(400, 1), *made(80, 2))) == []

    def test_a_tenth_of_the_test_pictures_was_trained_on(self, tmp_path):
        x, y = made(400, 1)
        x_test, y_test = made(80, 2)
        x_test[:8], y_test[:8] = x[:8], y[:8]
        found = checked(tmp_path, x, y, x_test, y_test)
        assert told(found) == [("leaked-pictures", "error", "exact")]
        assert words(found[0]).startswith("8 of the 80 pictures of `test` (10%)")

    def test_a_single_shared_picture_is_a_note(self, tmp_path):
        x, y = made(800, 1)
        x_test, y_test = made(200, 2)
        x_test[5], y_test[5] = x[5], y[5]
        assert told(checked(tmp_path, x, y, x_test, y_test)) == [("leaked-pictures", "note", "exact")]

    def test_test_pictures_are_training_pictures(self, tmp_path):
        x, y = made(400, 1)
        assert told(checked(tmp_path, x, y, x[:80], y[:80])) == [("leaked-pictures", "error", "exact")]

    def test_test_pictures_saved_once_more(self, tmp_path):
        x, y = made(400, 1)
        draw = np.random.default_rng(3)
        again = (x[:80] + draw.normal(0, 2, (80, SIDE, SIDE))).clip(0, 255).astype(np.uint8)
        assert told(checked(tmp_path, x, y, again, y[:80])) == [("leaked-pictures", "error", "near")]

    def test_mirrored_test_pictures(self, tmp_path):
        x, y = made(400, 1)
        assert told(checked(tmp_path, x, y, x[:80, :, ::-1], y[:80])) == [
            ("leaked-pictures", "error", "mirrored")
        ]

    def test_pictures_with_two_labels(self, tmp_path):
        x, y = made(400, 1)
        x[200:220], y[200:220] = x[:20], (y[:20] + 1) % CLASSES
        found = checked(tmp_path, x, y, *made(80, 2))
        assert told(found) == [("duplicate-pictures", "warning", "two_labels")]

    def test_a_picture_with_two_labels(self, tmp_path):
        x, y = made(400, 1)
        x[201], y[201] = x[0], (y[0] + 1) % CLASSES
        found = checked(tmp_path, x, y, *made(80, 2))
        assert [one[:2] for one in told(found)] == [("duplicate-pictures", "note")]

    def test_repeated_pictures_stay_on_one_side(self, tmp_path):
        """The validation pictures that glassnet sets aside are never those that it trains on."""
        x, y = made(400, 1)
        x[200:], y[200:] = x[:200], y[:200]
        found = checked(tmp_path, x, y, *made(80, 2))
        assert told(found) == [("duplicate-pictures", "note", "repeated")]

    def test_blank_pictures(self, tmp_path):
        x, y = made(400, 1)
        x[100:120] = 255
        found = checked(tmp_path, x, y, *made(80, 2))
        assert [one[:2] for one in told(found)] == [("blank-pictures", "warning")]
        assert "255" in words(found[0])

    def test_a_blank_picture_is_a_note(self, tmp_path):
        x, y = made(400, 1)
        x[100] = 0
        assert [one[:2] for one in told(checked(tmp_path, x, y, *made(80, 2)))] == [
            ("blank-pictures", "note")
        ]

    def test_unbalanced_classes(self, tmp_path):
        labels = [0] * 300 + [1] * 100 + [2] * 60 + [3] * 20
        found = checked(tmp_path, *made(480, 1, labels=labels), *made(80, 2))
        assert told(found) == [("class-imbalance", "warning", "recipe")]
        assert words(found[0]).startswith("class 0 has 270 training pictures and class 3 only 18")

    def test_unbalanced_classes_that_a_recipe_weighs(self, tmp_path):
        labels = [0] * 300 + [1] * 100 + [2] * 60 + [3] * 20
        recipe = tmp_path / "recipe.toml"
        recipe.write_text('class_weights = "balanced"\n')
        assert told(checked(tmp_path, *made(480, 1, labels=labels), *made(80, 2), recipe=recipe)) == []

    def test_labels_by_lot(self, tmp_path):
        x, y = made(600, 1)
        wrong = np.random.default_rng(5).permutation(600)[:150]
        y[wrong] = (y[wrong] + 1 + np.arange(150) % 3) % CLASSES
        assert told(checked(tmp_path, x, y, *made(80, 2))) == [("noisy-labels", "warning", "false")]

    def test_labels_in_another_order_than_pictures(self, tmp_path):
        x, y = made(600, 1)
        y = np.random.default_rng(5).permutation(y)
        found = checked(tmp_path, x, y, *made(80, 2))
        assert [one[0] for one in told(found)] == ["noisy-labels"]
        assert found[0].form == "mixed"

    def test_sorted_pictures_are_shuffled_by_glassnet(self, tmp_path):
        x, y = made(400, 1, labels=np.sort(np.arange(400) % CLASSES))
        assert told(checked(tmp_path, x, y, *made(80, 2))) == []

    def test_few_pictures(self, tmp_path):
        assert told(checked(tmp_path, *made(24, 1), *made(8, 2))) == []

    def test_classes_that_overlap_are_not_noise(self, tmp_path):
        found = checked(tmp_path, *made(600, 1, noise=150), *made(80, 2, noise=150))
        assert [one for one in told(found) if one[1] != "note"] == []

    def test_pictures_of_one_tone_each(self, tmp_path):
        """Brightness alone tells the classes apart: such pictures are not empty."""
        x, y = made(400, 1)
        x[:] = (y * 60 + np.random.default_rng(3).integers(0, 50, 400))[:, None, None]
        found = checked(tmp_path, x, y, x[:40], y[:40])
        assert [one for one in told(found) if one[0] == "blank-pictures"] == []
