"""Feature maps and kernels: the colours, the numbers beside them, and what is said of them."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from glassnet.draw import Scale, coloured, fonts, number_text, pixels, png, scale_of
from glassnet.errors import UsageError
from glassnet.figures.kernels import draw_kernels
from glassnet.figures.map_figure import draw_maps, grid_of
from glassnet.figures.maps import as_maps, draw_feature_maps
from glassnet.trace.record import record


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


class Net(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(3, channels, 3)
        self.relu = nn.ReLU()
        self.fc = nn.Linear(channels, 7)

    def forward(self, x):
        return self.fc(self.relu(self.conv(x)).mean((2, 3)))


def kept(channels=6, size=10):
    torch.manual_seed(0)
    return record(Net(channels).eval(), torch.randn(2, 3, size, size), keep="all")


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=30))
def test_the_scale_is_that_of_the_numbers(numbers):
    array = np.array(numbers)
    scale = scale_of(array)
    assert (scale.low, scale.high) == (array.min(), array.max())
    low, high = scale.ends
    if array.min() < 0:
        assert low == -high == -np.abs(array).max()
    else:
        assert (low, high) == (array.min(), array.max())


def test_colours_are_white_at_zero_and_magenta_where_not_finite():
    numbers = np.array([-2.0, 0.0, 2.0, np.nan, np.inf])
    colours = coloured(numbers, scale_of(numbers)).astype(int)
    assert colours[1].min() > 240
    assert colours[0][2] > colours[0][0] + 30  # blue below
    assert colours[2][0] > colours[2][2] + 30  # red above
    assert colours[3].tolist() == colours[4].tolist() == [255, 0, 255]
    plain = coloured(np.array([0.0, 1.0]), Scale(0.0, 1.0)).sum(1)
    assert plain[1] > plain[0]


@pytest.mark.parametrize("channels", [1, 3, 6, 64, 600])
def test_the_bar_tells_the_smallest_and_the_largest_number(channels):
    trace = kept(channels)
    made = trace.kept[next(v.number for v in trace.values if v.name == "conv.conv2d")][0]
    figure = draw_feature_maps(trace, "conv", lang="en")
    said = texts(figure)
    assert said[0] == f"conv  2×{channels}×8×8"
    assert said[1] == f"{channels} channels of 8×8"
    low, high = number_text(float(made.min())), number_text(float(made.max()))
    assert (
        said[2]
        == f"one colour scale for all: blue below 0, white 0, red above; smallest {low}, largest {high}"
    )
    assert low in said[3:]
    assert high in said[3:]
    shown = pixels(figure)
    assert max(shown.shape) < 3000
    assert "images  3×10×10" in said


def test_every_number_is_a_crisp_square_of_its_colour():
    numbers = np.array([[[0.0, 1.0], [2.0, 4.0]], [[4.0, 3.0], [0.5, 0.0]]])
    grid = grid_of(numbers, title="two maps", notes=[])
    figure = draw_maps(grid)
    shown = pixels(figure)
    found = {}
    for row in shown.reshape(-1, 3):
        found[tuple(row)] = found.get(tuple(row), 0) + 1
    for number in np.unique(numbers):
        colour = tuple(coloured(np.array([number]), grid.scale)[0])
        squares = (numbers == number).sum() * 150 * 150
        # the colour bar has that colour, too
        assert squares <= found[colour] <= squares + 300 * 13


def test_the_picture_of_two_maps_to_the_pixel():
    numbers = np.arange(8.0).reshape(2, 2, 2)
    shown = pixels(draw_maps(grid_of(numbers, title="t", notes=["n"])))
    colours = coloured(numbers, scale_of(numbers))
    top = 18 + 26 + 17 + 10 + 15
    for index, left in ((0, 18), (1, 18 + 300 + 5)):
        part = shown[top : top + 300, left : left + 300]
        expected = colours[index].repeat(150, 0).repeat(150, 1)
        np.testing.assert_array_equal(part, expected)


def test_dead_channels_are_crossed_out_and_told():
    trace = kept()
    number = next(v.number for v in trace.values if v.name == "relu.relu")
    trace.kept[number][0, 1] = 0
    trace.kept[number][0, 4] = 0
    with_dead = draw_feature_maps(trace, "relu", lang="en")
    dead = sum(not bool(channel.any()) for channel in trace.kept[number][0])
    assert f"{dead} of 6 channels are all zero: crossed out" in texts(with_dead)
    red = (pixels(with_dead) == (0xC6, 0x28, 0x28)).all(-1).sum()
    assert red > 2 * 200 * dead


def test_vectors_and_tokens_and_slices():
    trace = kept()
    figure = draw_feature_maps(trace, "fc", lang="en")
    assert texts(figure)[:2] == ["fc  2×7", "7 numbers"]
    numbers = np.arange(2 * 5 * 3.0).reshape(2, 5, 3)
    maps, how = as_maps(numbers, 1)
    assert how == "matrix"
    np.testing.assert_array_equal(maps, numbers[1][None])
    maps, how = as_maps(numbers, 0, square=True)
    assert how == "tokens_first_left_out"
    np.testing.assert_array_equal(maps, numbers[0, 1:].reshape(2, 2, 3).transpose(2, 0, 1))
    assert as_maps(numbers[:, 1:], 0, square=True)[1] == "tokens"
    volume = np.arange(2 * 3 * 4 * 5.0).reshape(1, 2, 3, 4, 5)
    maps, how = as_maps(volume, 0)
    assert maps.shape == (2, 4, 15)
    np.testing.assert_array_equal(maps[1][:, 5:10], volume[0, 1, 1])
    last = np.arange(24.0).reshape(1, 2, 3, 4)
    np.testing.assert_array_equal(as_maps(last, 0, channels_last=True)[0], last[0].transpose(2, 0, 1))
    assert as_maps(np.zeros(5), 0)[0].shape == (5, 1, 1)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda t: draw_feature_maps(t, "covn"), "there is no layer with this name\n  where: Net\n  got: 'covn'"),
        (lambda t: draw_feature_maps(t, "fc", sample=2), "there is no such picture in the batch\n  got: 2\n  expected: 0 to 1"),
        (lambda t: draw_feature_maps(t, "conv", square=True), "only tokens, B×N×C, can be drawn as squares\n  got: 4 axes"),
        (lambda t: as_maps(np.zeros((1, 7, 3)), 0, square=True),
         "the tokens are no square picture\n  got: 7 tokens\n  expected: N or N − 1 a square number"),
        (lambda t: as_maps(np.zeros((1, 0)), 0), "this tensor cannot be drawn as maps\n  got: 1×0"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_told(call, words):
    with pytest.raises(UsageError) as error:
        call(kept())
    assert str(error.value).startswith(words)


def test_numbers_that_were_not_kept_are_asked_for():
    trace = record(Net(2), torch.zeros(1, 3, 8, 8))
    with pytest.raises(UsageError) as error:
        draw_feature_maps(trace, "conv")
    assert str(error.value) == (
        "the trace did not keep these numbers\n  where: conv\n  got: conv.conv2d\n"
        '  hint: record(net, images, keep=["conv"]) keeps them, keep="all" all'
    )


def test_numbers_that_are_not_finite_are_told():
    trace = kept()
    trace.kept[next(v.number for v in trace.values if v.name == "conv.conv2d")][0, 0, 0, :3] = float("nan")
    figure = draw_feature_maps(trace, "conv", lang="en")
    assert "3 numbers are NaN or infinite: magenta" in texts(figure)
    assert (pixels(figure) == (255, 0, 255)).all(-1).any()


def test_chinese_and_the_same_bytes():
    if len(fonts()) == 1:
        pytest.skip("no font with Chinese characters: apt-get install -y fonts-noto-cjk")
    trace = kept()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first = png(draw_feature_maps(trace, "conv", lang="zh"))
    assert first == png(draw_feature_maps(trace, "conv", lang="zh"))
    assert first.startswith(b"\x89PNG")
    assert texts(draw_feature_maps(trace, "conv", lang="zh"))[1] == "6 个通道，每个 8×8"


def test_a_picture_that_is_given_is_shown_as_it_is():
    picture = np.zeros((4, 4, 3), np.uint8)
    picture[:] = (10, 200, 30)
    figure = draw_feature_maps(kept(), "conv", picture=picture, lang="en")
    assert "the picture" in texts(figure)
    assert (pixels(figure) == (10, 200, 30)).all(-1).sum() == 190 * 190


def test_kernels_over_three_channels_are_colours_with_one_scale():
    net = nn.Sequential(nn.Conv2d(3, 2, 2, bias=False))
    with torch.no_grad():
        net[0].weight.zero_()
        net[0].weight[0, :, 0, 0] = torch.tensor([0.5, -0.5, 0.25])
    figure = draw_kernels(net, "0", lang="en")
    assert texts(figure) == [
        "0.weight  2×3×2×2", "2 kernels 2×2 over 3 channels, as colours: grey is 0", "−0.5", "0.5"
    ]  # fmt: skip
    found = {tuple(row) for row in pixels(figure).reshape(-1, 3)}
    assert (255, 0, 191) in found
    assert (128, 128, 128) in found


def test_other_kernels_are_a_table_and_what_is_left_out_is_told():
    net = nn.Sequential(
        nn.Conv2d(40, 50, 3), nn.Conv1d(4, 6, 5), nn.Conv3d(2, 2, 3), nn.Linear(9, 4), nn.ReLU()
    )
    said = texts(draw_kernels(net, "0", lang="en"))
    assert said[1] == "each row an output channel (50), each column an input channel (40), kernels 3×3"
    assert said[2] == "drawn: the first 32 of 50 rows, the first 32 of 40 columns"
    weight = net[0].weight[:32, :32].detach()
    assert number_text(float(weight.min())) in said
    assert number_text(float(weight.max())) in said
    for layer in ("1", "2", "3"):
        assert pixels(draw_kernels(net, layer, lang="zh")).std() > 5
    with pytest.raises(UsageError) as error:
        draw_kernels(net, "4", lang="en")
    assert str(error.value).startswith("this module has no kernels\n  where: Sequential\n  got: '4'")
    with pytest.raises(UsageError) as error:
        draw_kernels(net, "9", lang="en")
    assert str(error.value).startswith("there is no module with this path")
