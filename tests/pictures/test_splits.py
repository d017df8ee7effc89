"""Splits, duplicates, statistics and the pictures that are shipped."""

from __future__ import annotations

import doctest
import importlib
import math
import pkgutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glassnet.pictures
from glassnet.errors import PicturesError, UsageError
from glassnet.pictures import Pictures, Policy, load
from glassnet.pictures.duplicates import nearly_shared_pictures, pictures_with_two_labels, shared_pictures
from glassnet.pictures.pictures import hash_images
from glassnet.pictures.splits import split_off
from glassnet.pictures.statistics import mean_and_deviation

SYSTEM = Path("/usr/share/datasets/fashion-mnist")
MODULES = [module.name for module in pkgutil.iter_modules(glassnet.pictures.__path__)]


def pictures_of(values: list[int], labels: list[int]) -> Pictures:
    """One picture of one pixel for each value."""
    images = np.array(values, np.uint8).reshape(-1, 1, 1, 1)
    classes = tuple("abcdef"[: max(labels) + 1])
    paths = tuple(map(str, range(len(values))))
    return Pictures(
        "train", images, np.array(labels), classes, paths, Policy(1, 1, 1), "test", hash_images(images)
    )


samples = st.lists(st.tuples(st.integers(0, 255), st.integers(0, 3)), min_size=2, max_size=60)


@settings(deadline=None)
@given(samples, st.floats(0.05, 0.6), st.integers(0, 5), st.randoms())
def test_split_keeps_everything_once_and_identical_pictures_together(sample, fraction, seed, shuffler):
    pictures = pictures_of([value for value, _ in sample], [label for _, label in sample])
    try:
        train, val = split_off(pictures, fraction, seed=seed)
    except PicturesError as error:
        assert error.what == "no picture can be set aside for validation"
        return
    assert sorted((*train.paths, *val.paths), key=int) == list(pictures.paths)
    assert len(shared_pictures(train, val)) == 0
    assert len(train) > 0 < len(val)
    for part in (train, val):
        indices = [int(path) for path in part.paths]
        assert indices == sorted(indices)
        assert np.array_equal(part.labels, pictures.labels[indices])
        assert np.array_equal(part.hashes, pictures.hashes[indices])
        assert np.array_equal(part.batch(range(len(part))), pictures.images[indices])
    # another order of the files gives the same choice of contents
    order = list(range(len(sample)))
    shuffler.shuffle(order)
    _, other = split_off(pictures.take(order, split="train"), fraction, seed=seed)
    assert sorted(other.paths) == sorted(val.paths)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(2, 40), min_size=2, max_size=5), st.floats(0.05, 0.5), st.integers(0, 2**63))
def test_split_takes_the_same_share_of_every_class(sizes, fraction, seed):
    labels = [label for label, size in enumerate(sizes) for _ in range(size)]
    pictures = pictures_of(list(range(len(labels))), labels)
    _, val = split_off(pictures, fraction, seed=seed)
    wanted = [min(max(round(fraction * size), 1), size - 1) for size in sizes]
    assert np.bincount(val.labels, minlength=len(sizes)).tolist() == wanted


def test_another_seed_another_choice_and_splits_of_splits():
    pictures = pictures_of(list(range(200)), [index % 2 for index in range(200)])
    choices = {split_off(pictures, 0.2, seed=seed)[1].paths for seed in range(10)}
    assert len(choices) == 10
    train, _ = split_off(pictures, 0.2, seed=0)
    inner, _ = split_off(train, 0.5, seed=1)
    assert inner.images is pictures.images
    assert np.array_equal(inner.batch([0]), pictures.images[[int(inner.paths[0])]])


def test_the_choice_never_changes():
    _, val = split_off(load("fashion-mini")["train"], 0.1, seed=0)
    assert val.fingerprint == VAL_FINGERPRINT


VAL_FINGERPRINT = "22e4eccf01238bc03726276b6e716811"


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 2, math.nan])
def test_share_that_is_none(fraction):
    with pytest.raises(UsageError, match="does not lie between 0 and 1"):
        split_off(pictures_of([1, 2, 3], [0, 1, 1]), fraction)


def test_class_that_cannot_be_divided_is_named():
    _, val = split_off(pictures_of([1, 2, 3, 4, 5], [0, 1, 1, 1, 1]), 0.25, seed=0)
    assert val.notes[1:] == ("No picture of 'a' in val.",)


def test_identical_pictures_cannot_be_divided():
    with pytest.raises(PicturesError) as error:
        split_off(pictures_of([7] * 10, [0] * 5 + [1] * 5), 0.2)
    assert error.value.parts["got"] == "10 training pictures, 1 different ones"
    _, val = split_off(pictures_of([7, 7, 7, 7, 8, 9, 9, 9], [0] * 8), 0.25)
    assert val.paths == ("4",)


@given(samples)
def test_duplicates_against_a_plain_search(sample):
    pictures = pictures_of([value for value, _ in sample], [label for _, label in sample])
    by_value: dict[int, list[int]] = {}
    for index, (value, _) in enumerate(sample):
        by_value.setdefault(value, []).append(index)
    expected = [tuple(group) for group in by_value.values() if len({sample[index][1] for index in group}) > 1]
    assert pictures_with_two_labels(pictures) == tuple(sorted(expected))
    some = pictures_of([3, 4, 5, 4], [0, 1, 0, 1])
    pairs = [(by_value[value][0], index) for index, value in enumerate((3, 4, 5, 4)) if value in by_value]
    assert shared_pictures(pictures, some).tolist() == [list(pair) for pair in pairs]


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 13), st.integers(1, 13), st.sampled_from([1, 3]), st.integers(0, 1000))
def test_nearly_shared_pictures_against_a_plain_search(height, width, channels, seed):
    random = np.random.default_rng(seed)
    base = random.integers(0, 256, (12, height, width, channels), np.uint8)
    noisy = np.clip(base[:8].astype(int) + random.integers(-4, 5, base[:8].shape), 0, 255).astype(np.uint8)

    def split(images):
        size = len(images)
        return Pictures(
            "x",
            images,
            np.zeros(size, int),
            ("a",),
            ("p",) * size,
            Policy(*images.shape[1:]),
            "t",
            hash_images(images),
        )

    pairs = nearly_shared_pictures(split(base), split(noisy), tolerance=2.5)
    distance = ((base[:, None].astype(float) - noisy[None]) ** 2).mean((2, 3, 4)) ** 0.5
    expected = [[distance[:, b].argmin(), b] for b in range(8) if distance[:, b].min() <= 2.5]
    assert pairs.tolist() == expected


@pytest.mark.skipif(
    not SYSTEM.is_dir(), reason="needs the original files: apt-get install -y dataset-fashion-mnist"
)
def test_fashion_mnist_tests_on_pictures_it_trains_on():
    splits = load("fashion-mnist")
    assert len(shared_pictures(splits["train"], splits["test"])) == 0
    pairs = nearly_shared_pictures(splits["train"], splits["test"])
    assert pairs.tolist() == [[18494, 2115], [11932, 2605], [13360, 4998], [19456, 6210], [58762, 9867]]


@settings(deadline=None)
@given(st.integers(1, 40), st.sampled_from([1, 3]), st.integers(0, 1000), st.booleans())
def test_mean_and_deviation_against_numpy(count, channels, seed, by_rows):
    random = np.random.default_rng(seed)
    images = random.integers(0, 256, (count, 5, 7, channels), np.uint8)
    pictures = Pictures(
        "train",
        images,
        np.zeros(count, int),
        ("a",),
        tuple("x" * count),
        Policy(5, 7, channels),
        "test",
        hash_images(images),
    )
    if by_rows:
        pictures = pictures.take(random.permutation(count)[: max(count // 2, 1)], split="train")
        images = images[pictures.rows]
    mean, deviation = mean_and_deviation(pictures)
    scaled = images.astype(np.float64) / 255
    assert np.allclose(mean, scaled.mean((0, 1, 2)), rtol=1e-12, atol=0)
    assert np.allclose(deviation, scaled.std((0, 1, 2)), rtol=1e-9, atol=0)


def test_mean_and_deviation_in_chunks_and_of_one_value(monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (50, 4, 4, 3), np.uint8)
    images[..., 1] = 255
    pictures = Pictures(
        "train",
        images,
        np.zeros(50, int),
        ("a",),
        tuple("x" * 50),
        Policy(4, 4, 3),
        "test",
        hash_images(images),
    )
    whole = mean_and_deviation(pictures)
    monkeypatch.setattr("glassnet.pictures.statistics._CHUNK_BYTES", 100)
    assert mean_and_deviation(pictures) == whole
    assert whole[0][1] == 1.0
    assert whole[1][1] == 1.0  # all equal: 1, not 0


def test_fashion_mini_is_what_it_says():
    splits = load("fashion-mini")
    assert np.bincount(splits["train"].labels).tolist() == [600] * 10
    assert np.bincount(splits["test"].labels).tolist() == [100] * 10
    assert len(shared_pictures(splits["train"], splits["test"])) == 0
    assert splits["train"].classes[0] == "T-shirt/top"
    folder = Path(glassnet.pictures.__file__).parent
    assert (folder / "fashion_mini.npz").stat().st_size < 4_000_000
    assert "Zalando SE" in (folder / "fashion_mini.LICENSE").read_text(encoding="utf-8")


@pytest.mark.skipif(
    not SYSTEM.is_dir(), reason="needs the original files: apt-get install -y dataset-fashion-mnist"
)
def test_fashion_mini_is_made_by_its_script(tmp_path):
    root = Path(__file__).parents[2]
    script = root / "scripts" / "make_fashion_mini.py"
    subprocess.run(
        [sys.executable, script, "/usr/share/datasets", tmp_path / "mini.npz"],
        check=True,
        capture_output=True,
    )
    shipped = root / "src" / "glassnet" / "pictures" / "fashion_mini.npz"
    with np.load(tmp_path / "mini.npz") as made, np.load(shipped) as there:
        assert sorted(made.files) == sorted(there.files)
        for name in made.files:
            assert np.array_equal(made[name], there[name]), name


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name):
    module = importlib.import_module(f"glassnet.pictures.{name}")
    assert doctest.testmod(module).failed == 0


def test_import_is_light():
    code = "import sys, glassnet.pictures; sys.exit('torch' in sys.modules or 'scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
