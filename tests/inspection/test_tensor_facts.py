"""Row 1 of the lessons: the facts of any picture, array or tensor."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from glassnet.inspection.ones import check_ones
from glassnet.inspection.tensor_facts import tensor_facts


def test_a_tensor():
    facts = tensor_facts(torch.tensor([[0.0, 1.0], [2.0, 5.0]]))
    assert (facts.kind, facts.shape, facts.dtype, facts.device, facts.bytes) == (
        "tensor",
        (2, 2),
        "float32",
        "cpu",
        16,
    )
    numbers = facts.statistics
    assert (numbers.minimum, numbers.maximum, numbers.mean, numbers.zeros) == (0, 5, 2, 0.25)
    assert (facts.strides, facts.contiguous, facts.memory_format) == ((2, 1), True, "contiguous")
    assert facts.shares_memory is None


def test_a_picture_and_its_array():
    picture = Image.new("RGB", (4, 3), (255, 0, 0))
    facts = tensor_facts(picture)
    assert (facts.kind, facts.shape, facts.dtype, facts.statistics.maximum) == (
        "picture",
        (3, 4, 3),
        "uint8",
        255,
    )
    assert tensor_facts(np.asarray(picture)).kind == "array"  # read-only memory


def test_from_numpy_shares_memory_and_tensor_does_not():
    pixels = np.zeros((3, 4), np.float32)
    shared, copied = torch.from_numpy(pixels), torch.tensor(pixels)
    assert tensor_facts(shared, beside=pixels).shares_memory is True
    assert tensor_facts(copied, beside=pixels).shares_memory is False
    shared[0, 0] = 7
    assert pixels[0, 0] == 7
    assert tensor_facts(shared[1:], beside=pixels).shares_memory is True
    assert tensor_facts(shared[:1], beside=shared[1:]).shares_memory is False


@pytest.mark.parametrize(
    ("tensor", "memory_format", "contiguous"),
    [
        (torch.zeros(2, 3, 4, 5), "contiguous", True),
        (torch.zeros(2, 3, 4, 5).to(memory_format=torch.channels_last), "channels-last", False),
        (torch.zeros(2, 3, 4, 5).permute(0, 1, 3, 2), "strided", False),
        (torch.zeros(4, 4).t(), "strided", False),
    ],
)
def test_memory_formats(tensor, memory_format, contiguous):
    facts = tensor_facts(tensor)
    assert (facts.memory_format, facts.contiguous) == (memory_format, contiguous)


def test_why_numpy_cannot_use_the_memory():
    assert tensor_facts(torch.zeros(2)).numpy is None
    assert tensor_facts(torch.zeros(2, requires_grad=True)).numpy == "gradient"
    assert tensor_facts(torch.zeros(2, dtype=torch.bfloat16)).numpy == "dtype"
    assert tensor_facts(torch.zeros(2, device="meta")).numpy == "device"


def test_numbers_that_are_not_finite_are_counted():
    numbers = tensor_facts(torch.tensor([1.0, float("nan"), 3.0])).statistics
    assert (numbers.num_not_finite, numbers.mean) == (1, 2.0)


class Mixes(torch.nn.Module):
    def forward(self, x):
        return x - x.flatten(0, 1).cumsum(0).reshape(x.shape)


def test_a_batch_of_ones():
    """Row 5 of the lessons."""
    images = torch.zeros(1, 3, 8, 8)
    good = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 10))
    assert check_ones(good, images).passed
    assert check_ones(good, images).outputs == 10
    assert check_ones(torch.nn.Flatten(0), images).outputs is None
    assert not check_ones(Mixes(), images).alike
    wrong = check_ones(torch.nn.Linear(3, 1), images)
    assert wrong.error == "RuntimeError: mat1 and mat2 shapes cannot be multiplied (48x8 and 3x1)"
    with torch.no_grad():
        good[1].bias[0] = float("nan")
    assert check_ones(good, images).num_not_finite == 2
    assert not check_ones(good, images).passed
