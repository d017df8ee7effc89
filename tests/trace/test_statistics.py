"""Statistics against NumPy in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from glassnet.trace.statistics import statistics_of


@given(
    st.integers(1, 9000), st.floats(-100, 100), st.floats(1e-3, 50), st.integers(0, 99),
    st.sampled_from([torch.float32, torch.float64, torch.bfloat16, torch.float16]),
)  # fmt: skip
def test_equal_to_numpy(count, mean, deviation, seed, dtype):
    torch.manual_seed(seed)
    tensor = (torch.randn(count) * deviation + mean).relu().to(dtype)
    numbers, oracle = statistics_of(tensor), tensor.double().numpy()
    assert (numbers.minimum, numbers.maximum) == (oracle.min(), oracle.max())
    assert numbers.mean == pytest.approx(oracle.mean(), rel=1e-4, abs=1e-5)
    assert numbers.deviation == pytest.approx(oracle.std(), rel=1e-2, abs=1e-5)
    assert numbers.zeros == pytest.approx((oracle == 0).mean())


@pytest.mark.parametrize("tensor", [
    torch.randn(2, 3, 40, 50).to(memory_format=torch.channels_last), torch.randn(80, 90).T[::2, 1:],
    torch.arange(10), torch.tensor([True, False]), torch.randn(3, 1).expand(3, 5),
])  # fmt: skip
def test_layouts_and_kinds_of_numbers(tensor):
    numbers, oracle = statistics_of(tensor), tensor.double().numpy()
    assert (numbers.minimum, numbers.maximum) == (oracle.min(), oracle.max())
    assert numbers.mean == pytest.approx(oracle.mean(), abs=1e-6)
    assert numbers.deviation == pytest.approx(oracle.std(), rel=1e-3)


def test_not_finite_numbers_are_counted_and_left_out():
    numbers = statistics_of(torch.tensor([1.0, float("nan"), 0.0, float("-inf"), 3.0]))
    assert (numbers.minimum, numbers.maximum, numbers.num_not_finite) == (0.0, 3.0, 2)
    assert numbers.mean == pytest.approx(4 / 3)
    nothing = statistics_of(torch.tensor([float("nan")]))
    assert np.isnan(nothing.mean)
    assert nothing.num_not_finite == 1


@pytest.mark.parametrize("tensor", [
    torch.zeros(0), torch.zeros(2, dtype=torch.complex64), torch.zeros(2, device="meta"), torch.eye(2).to_sparse(),
])  # fmt: skip
def test_no_statistics(tensor):
    assert statistics_of(tensor) is None
