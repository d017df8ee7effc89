"""McNemar's test, Holm's correction, the spread over seeds, and how hard pictures are without a network."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2, ttest_ind_from_stats

from glassnet.evaluation.compare import EXACT_UP_TO, adjusted, mcnemar, pair_up, spread_of, welch
from glassnet.evaluation.separability import separability
from glassnet.pictures.pictures import Pictures, Policy, hash_images


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_what_scipy_says(a, b):
    p_value, method = mcnemar(a, b)
    if a + b == 0:
        assert (p_value, method) == (1.0, "exact")
    elif a + b <= EXACT_UP_TO:
        assert method == "exact"
        assert p_value == pytest.approx(binomtest(a, a + b).pvalue, abs=1e-12)
    else:
        assert method == "chi-square"
        assert p_value == pytest.approx(chi2.sf(max(0, abs(a - b) - 1) ** 2 / (a + b), 1), abs=1e-12)
    assert mcnemar(b, a)[0] == p_value


def test_a_case_from_a_textbook():
    """Agresti, Categorical Data Analysis: 150 and 86 who changed their mind; 17.36 without the correction."""
    p_value, method = mcnemar(150, 86)
    assert method == "chi-square"
    assert p_value == pytest.approx(chi2.sf((64 - 1) ** 2 / 236, 1))
    assert p_value < 0.0001


def test_pairs_count_every_picture_once():
    labels = np.array([0, 1, 2, 0, 1, 2])
    first, second = np.array([0, 1, 0, 0, 0, 0]), np.array([0, 0, 2, 0, 0, 1])
    paired = pair_up(labels, first, second)
    assert (paired.both_right, paired.only_first, paired.only_second) == (2, (1,), (2,))
    assert paired.images - paired.both_right - 2 == 2


def test_holm_makes_p_values_larger_in_their_order():
    assert adjusted([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert adjusted([0.6, 0.7]) == [1.0, 1.0]
    assert adjusted([]) == []


@given(st.lists(st.floats(0, 1), min_size=2, max_size=9))
def test_the_spread_is_that_of_the_sample(values):
    spread = spread_of(values)
    assert spread.mean == pytest.approx(statistics.fmean(values), abs=1e-12)
    assert spread.deviation == pytest.approx(statistics.stdev(values), abs=1e-9)


def test_a_single_training_has_no_deviation():
    assert spread_of([0.5]).deviation is None


def _pictures(images: np.ndarray, labels: np.ndarray, split: str) -> Pictures:
    count, height, width, channels = images.shape
    policy = Policy(height, width, channels)
    paths = [f"{split}/{i}.png" for i in range(count)]
    return Pictures(
        split, images, labels, ("dark", "light", "none"), paths, policy, "made", hash_images(images)
    )


def test_what_differs_in_brightness_is_separable_and_what_does_not_is_not():
    random = np.random.default_rng(0)
    labels = np.arange(400) % 2
    noise = random.integers(0, 90, (400, 6, 6, 1))
    easy = (noise + 120 * labels[:, None, None, None]).astype(np.uint8)
    found = separability(
        _pictures(easy[:300], labels[:300], "train"), _pictures(easy[300:], labels[300:], "test")
    )
    assert found.nearest_mean.accuracy == found.linear.accuracy == 1.0
    assert found.per_class == (1.0, 1.0, None)
    hard = noise.astype(np.uint8)
    found = separability(
        _pictures(hard[:300], labels[:300], "train"), _pictures(hard[300:], labels[300:], "test")
    )
    assert found.linear.accuracy < 0.7  # a coin tells 0.5
    assert found.nearest_mean.accuracy < 0.7


def test_large_pictures_are_averaged_down():
    images = np.zeros((4, 100, 70, 3), np.uint8)
    images[1::2] = 255
    labels = np.array([0, 1, 0, 1])
    found = separability(_pictures(images, labels, "train"), _pictures(images, labels, "test"))
    assert (found.linear.accuracy, found.trained_on, found.images) == (1.0, 4, 4)


accuracies = st.lists(st.floats(0, 1).map(lambda value: round(value, 4)), min_size=2, max_size=6)


@given(accuracies, accuracies)
def test_welch_is_what_scipy_says(first, second):
    found = welch(spread_of(first), spread_of(second))
    if len(set(first)) == len(set(second)) == 1:
        assert found is None
        return
    figures = [
        figure
        for each in (first, second)
        for figure in (statistics.mean(each), statistics.stdev(each), len(each))
    ]
    expected = ttest_ind_from_stats(*figures, equal_var=False).pvalue
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-9)


def test_of_a_single_training_no_spread_is_known():
    assert welch(spread_of([0.5]), spread_of([0.6, 0.7])) is None
