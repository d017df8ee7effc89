"""The order of the pictures and their augmentation, against NumPy and against definitions."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glassnet.training import batches as batches_module
from glassnet.training.batches import (
    Plan,
    batch_starts,
    batches,
    cut_out,
    gather,
    generator,
    mix,
    plan_epoch,
)  # fmt: skip
from toys import HALF, PLAIN, pictures


@given(st.integers(1, 500), st.integers(1, 80))
@example(9, 8)
@example(1, 8)
@example(2, 1)
def test_batches_hold_every_picture_once_and_none_is_alone(count, batch):
    starts = batch_starts(count, batch)
    sizes = [end - begin for begin, end in pairwise(starts)]
    assert starts[0] == 0
    assert sum(sizes) == starts[-1] == count
    assert all(0 < size <= batch + 1 for size in sizes)
    assert all(size == batch for size in sizes[:-1])
    if batch > 1 and count > 1:
        assert 1 not in sizes


def same(one: Plan, other: Plan) -> bool:
    pairs = [(getattr(one, name), getattr(other, name)) for name in ("order", "mirrored", "shift", "cutout")]
    return all((a is None and b is None) or torch.equal(a, b) for a, b in pairs)


AUGMENTED = replace(PLAIN, flip=True, shift=2, cutout=3)


@settings(deadline=None)
@given(st.integers(0, 2**63 - 1), st.integers(1, 1000))
def test_a_plan_depends_on_seed_and_epoch_alone(seed, epoch):
    recipe = replace(AUGMENTED, seed=seed)
    first = plan_epoch(recipe, 20, epoch)
    torch.rand(7)  # whatever was drawn elsewhere
    again = plan_epoch(recipe, 20, epoch)
    assert same(first, again)
    assert sorted(first.order.tolist()) == list(range(20))
    assert not same(first, plan_epoch(recipe, 20, epoch + 1))
    assert not same(first, plan_epoch(replace(recipe, seed=seed ^ 1), 20, epoch))
    assert first.shift is not None
    assert int(first.shift.abs().max()) <= 2


def test_augmentation_does_not_change_the_order():
    assert torch.equal(plan_epoch(PLAIN, 20, 3).order, plan_epoch(AUGMENTED, 20, 3).order)


def test_purposes_draw_different_numbers():
    drawn = [torch.rand(4, generator=generator(*key)) for key in ((0, "a"), (0, "b"), (1, "a"), (0, 1, "a"))]
    assert len({tuple(numbers.tolist()) for numbers in drawn}) == 4


def test_each_picture_is_mirrored_in_every_other_epoch():
    mirrored = [plan_epoch(AUGMENTED, 50, epoch).mirrored for epoch in (1, 2, 3)]
    assert torch.equal(mirrored[0], ~mirrored[1])
    assert torch.equal(mirrored[0], mirrored[2])
    assert 0 < int(mirrored[0].sum()) < 50  # half of them, not all at once


def by_numpy(image, down, right, mirrored):
    """Shift by padding with the reflected border and cropping, then mirror."""
    height, width = image.shape[:2]
    pad = max(abs(down), abs(right), 1)
    padded = np.pad(image, ((pad, pad), (pad, pad), (0, 0)), mode="reflect")
    shifted = padded[pad - down : pad - down + height, pad - right : pad - right + width]
    return shifted[:, ::-1] if mirrored else shifted


@pytest.mark.parametrize("size", [(8, 8), (7, 5), (1, 9), (6, 1), (1, 1), (2, 3)])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("view", [False, True])
@pytest.mark.parametrize("fields", [{"shift": 3}, {"flip": True}, {"shift": 5, "flip": True}, {}])
def test_gathered_pictures_are_those_of_numpy(size, channels, view, fields):
    source = pictures(24, size=size, channels=channels)
    if view:
        source = source.take([20, 3, 7, 11, 2, 19, 5, 0], split="val")
    indices = torch.tensor([5, 0, 7, 5])
    plan = plan_epoch(replace(PLAIN, **fields), len(source), 2)
    gathered = gather(source, indices, plan).numpy()
    assert gathered.dtype == np.uint8
    for image, index in zip(gathered, indices.tolist(), strict=True):
        down, right = (0, 0) if plan.shift is None else plan.shift[index].tolist()
        mirrored = plan.mirrored is not None and bool(plan.mirrored[index])
        expected = by_numpy(source.batch([index])[0], down, right, mirrored)
        assert np.array_equal(image, expected)


def test_pictures_that_lie_apart_in_memory_are_gathered_alike():
    source = pictures(8, size=(5, 5), channels=3)
    apart = replace(source, images=np.asfortranarray(source.images))
    plan = plan_epoch(replace(PLAIN, shift=2, flip=True), len(source), 2)
    indices = torch.tensor([5, 0, 7, 5])
    assert torch.equal(gather(apart, indices, plan), gather(source, indices, plan))


def test_without_a_plan_pictures_are_as_they_are():
    source = pictures(10).take([9, 1, 4], split="val")
    assert np.array_equal(gather(source, torch.tensor([2, 0])).numpy(), source.batch([2, 0]))


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 12), st.floats(0, 0.999), st.floats(0, 0.999))
def test_cutout_sets_the_square_around_its_centre_to_zero(height, width, side, y, x):
    images = torch.ones(1, 2, height, width)
    cut = cut_out(images, torch.tensor([[y, x]], dtype=torch.float64), side)[0]
    top, left = int(y * height) - side // 2, int(x * width) - side // 2
    expected = np.ones((2, height, width))
    expected[:, max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0)] = 0
    assert np.array_equal(cut.numpy(), expected)


MIXES = [{"mixup": 0.4}, {"mixup": 1.0}, {"cutmix": 1.0}, {"cutmix": 0.3}]


@pytest.mark.parametrize("fields", MIXES)
def test_mixed_targets_are_shares_and_depend_on_seed_and_step_alone(fields):
    recipe = replace(PLAIN, **fields)
    images, labels = torch.randn(6, 1, 8, 8), torch.tensor([0, 1, 2, 0, 1, 2])
    for step in range(40):
        mixed, targets = mix(images, labels, recipe, step, 3)
        assert torch.allclose(targets.sum(1), torch.ones(6))
        assert bool((targets >= 0).all())
        torch.rand(3)
        again, same_targets = mix(images, labels, recipe, step, 3)
        assert torch.equal(mixed, again)
        assert torch.equal(targets, same_targets)
    other, _ = mix(images, labels, recipe, 41, 3)
    assert not torch.equal(mixed, other)


def test_mixup_is_the_same_share_of_picture_and_label():
    # picture i is all i, its label is i: share and partner can be read off the result
    images = torch.arange(5.0).view(5, 1, 1, 1).expand(5, 1, 2, 2).contiguous()
    before = images.clone()
    mixed, targets = mix(images, torch.arange(5), replace(PLAIN, mixup=1.0), 7, 5)
    assert torch.equal(images, before)
    expected = (targets * torch.arange(5.0)).sum(1)
    assert torch.allclose(mixed[:, 0, 0, 0], expected, atol=1e-6)
    assert len({tuple(sorted(row[row > 0].tolist())) for row in targets}) <= 2  # one share for the batch


def test_cutmix_counts_the_pasted_pixels():
    images = torch.arange(5.0).view(5, 1, 1, 1).expand(5, 1, 6, 7).contiguous()
    before = images.clone()
    for step in range(60):
        mixed, targets = mix(images, torch.arange(5), replace(PLAIN, cutmix=1.0), step, 5)
        counted = torch.stack([(mixed[:, 0] == label).float().mean((1, 2)) for label in range(5)], 1)
        assert torch.allclose(targets, counted, atol=1e-6)
    assert torch.equal(images, before)


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 9), st.integers(1, 5), st.data())
def test_batches_loaded_several_at_a_time_are_the_same_bits_from_any_step_on(count, size, at_once, data):
    source, recipe = pictures(count), replace(AUGMENTED, batch=size)
    plan, starts = plan_epoch(recipe, count, 1), batch_starts(count, size)
    first = data.draw(st.integers(0, len(starts) - 2))
    bytes_each = 4 * size * source.policy.height * source.policy.width * source.policy.channels
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches_module, "LOADED_BYTES", at_once * bytes_each)
        loaded = list(batches(source, HALF, recipe, plan, starts, first))
    assert len(loaded) == len(starts) - 1 - first
    for batch, (begin_, end) in zip(loaded, list(pairwise(starts))[first:], strict=True):
        alone = HALF.apply(gather(source, plan.order[begin_:end], plan))
        assert torch.equal(batch.indices, plan.order[begin_:end])
        assert torch.equal(batch.images, cut_out(alone, plan.cutout[batch.indices], recipe.cutout))
        assert batch.labels.tolist() == source.labels[batch.indices.numpy()].tolist()
