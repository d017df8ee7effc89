"""The policy: any picture in, exactly the declared array out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from glassnet.errors import PicturesError
from glassnet.pictures import Policy, apply_policy, choose_policy, read_picture
from glassnet.pictures.policy import Facts

MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I", "F", "I;16", "PA")


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(MODES),
    st.tuples(st.integers(1, 80), st.integers(1, 80)),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.sampled_from([1, 3]),
    st.integers(0, 2**32 - 1),
)
def test_any_picture_becomes_exactly_what_the_policy_says(mode, size, target, channels, seed):
    random = np.random.default_rng(seed)
    if mode in ("I", "F", "I;16"):
        dtype = {"I": np.int32, "F": np.float32, "I;16": np.uint16}[mode]
        image = Image.fromarray(random.integers(0, 65536, size[::-1]).astype(dtype))
    else:
        rgb = Image.fromarray(random.integers(0, 256, (*size[::-1], 3), np.uint8))
        image = rgb.convert("P").convert("PA") if mode == "PA" else rgb.convert(mode)
    policy = Policy(height=target[0], width=target[1], channels=channels)
    pixels = apply_policy(image, policy)
    assert pixels.shape == (*target, channels)
    assert pixels.dtype == np.uint8
    assert np.array_equal(pixels, apply_policy(image, policy))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 255), st.tuples(st.integers(1, 300), st.integers(1, 300)))
def test_one_colour_stays_that_colour(value, size):
    pixels = apply_policy(Image.new("L", size, value), Policy(24, 32, 3))
    assert (pixels == value).all()


def test_a_picture_of_the_right_size_keeps_its_pixels():
    pixels = np.random.default_rng(0).integers(0, 256, (7, 9, 3), np.uint8)
    assert np.array_equal(apply_policy(Image.fromarray(pixels), Policy(7, 9, 3)), pixels)


@pytest.mark.parametrize("size", [(60, 40), (40, 60), (64, 64)])
def test_crop_and_resize_equal_cropping_first(size):
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8))
    expected = ImageOps.fit(image, (16, 16), Image.Resampling.BILINEAR)
    assert np.array_equal(apply_policy(image, Policy(16, 16, 3)), np.asarray(expected))


def test_large_jpeg_read_at_a_fraction_looks_the_same(tmp_path):
    smooth = Image.radial_gradient("L").resize((1600, 1200)).convert("RGB")
    smooth.save(tmp_path / "large.jpg", quality=95)
    by_fraction = read_picture(tmp_path / "large.jpg", Policy(64, 64, 3)).astype(int)
    whole = apply_policy(smooth, Policy(64, 64, 3)).astype(int)
    assert np.abs(by_fraction - whole).max() <= 3


def test_real_valued_and_wide_grey_ranges():
    def grey(values, dtype):
        return apply_policy(Image.fromarray(np.array([values], dtype)), Policy(1, 3, 1)).ravel().tolist()

    assert grey([0, 0.5, 1], np.float32) == [0, 128, 255]
    assert grey([0, 10, 255], np.float32) == [0, 10, 255]
    assert grey([0, 257, 65535], np.float32) == [0, 1, 255]
    assert grey([-1, 0, 1], np.float32) == [0, 128, 255]
    assert grey([0, 257, 65535], np.int32) == [0, 1, 255]
    assert grey([0, 65536, 131072], np.int32) == [0, 128, 255]
    assert grey([5, 5, 5], np.int32) == [0, 0, 0]


def test_values_that_are_no_numbers_are_refused(tmp_path):
    Image.fromarray(np.array([[np.nan, 1.0]], np.float32)).save(tmp_path / "nan.tif")
    with pytest.raises(PicturesError) as error:
        read_picture(tmp_path / "nan.tif", Policy(2, 2, 1))
    assert error.value.parts["got"] == "it holds values that are not finite numbers"


facts = st.builds(Facts, st.integers(1, 5000), st.integers(1, 5000), st.sampled_from([1, 3]))


@given(st.lists(facts, min_size=1, max_size=30))
def test_chosen_size_is_kept_or_a_multiple_of_32(found):
    policy = choose_policy(found)
    assert policy.channels == max(fact.channels for fact in found)
    assert 1 <= max(policy.height, policy.width) <= 224
    sizes = {(fact.width, fact.height) for fact in found}
    if len(sizes) > 1 or max(max(size) for size in sizes) > 224:
        assert policy.height == policy.width
        assert policy.height % 32 == 0
    else:
        assert (policy.width, policy.height) == next(iter(sizes))


def test_size_is_the_median_of_the_shorter_sides():
    def side(*sizes):
        return choose_policy([Facts(width, height, 3) for width, height in sizes]).height

    assert side((100, 47), (48, 100), (1000, 50)) == 64  # 48 lies half-way: up
    assert side((100, 47), (47, 100), (1000, 1000)) == 32
    assert side((2, 3), (3, 2)) == 32
    assert side((225, 225)) == 224
    assert side((640, 480), (4000, 3000)) == 224


@pytest.mark.parametrize(
    ("content", "got"),
    [
        (None, "No such file or directory"),
        (b"", "the file has 0 bytes"),
        (b"x" * 99, "not a picture in one of"),
    ],
)
def test_single_picture_that_cannot_be_read(tmp_path, content, got):
    if content is not None:
        (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(PicturesError, match="the picture cannot be read") as error:
        read_picture(tmp_path / "a.jpg", Policy(8, 8, 3))
    assert error.value.parts["got"].startswith(got)
    assert error.value.parts["where"] == str(tmp_path / "a.jpg")


def test_a_folder_is_no_picture(tmp_path):
    with pytest.raises(PicturesError) as error:
        read_picture(tmp_path, Policy(8, 8, 3))
    assert error.value.parts["got"] == "not a file"
