"""The animation: how many frames, how large, and what stands in the first and the last."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from glassnet.figures.animation import HEIGHT, MAX_BYTES, MAX_FRAMES, WIDTH, animate, number
from glassnet.inspection.windows import windowed
from glassnet.trace.record import record

INPUT = torch.tensor([[1, 2, 0, 3, 1], [0, 1, 2, 3, 1], [1, 2, 1, 0, 0], [5, 2, 3, 1, 1], [2, 1, 0, 1, 1]])
MARK, EMPTY = (232, 89, 12), (241, 243, 246)


def gif_of(net, images, **options) -> tuple[list[np.ndarray], list[int], int]:
    window = windowed(record(net, images, keep="all"), 0)
    data = animate(window, **options)
    image = Image.open(io.BytesIO(data))
    frames, times = [], []
    for frame in range(image.n_frames):
        image.seek(frame)
        frames.append(np.asarray(image.convert("RGB")).astype(int))
        times.append(image.info["duration"])
    return frames, times, len(data)


def count(frame: np.ndarray, colour) -> int:
    return int((np.abs(frame - np.array(colour)).max(axis=2) <= 5).sum())


def tutorial(**settings) -> nn.Conv2d:
    net = nn.Conv2d(1, 1, 3, bias=False, **settings)
    net.weight.data = torch.tensor([[1.0, 2, 1], [0, 1, 0], [2, 1, 0]])[None, None]
    return net


def test_one_frame_for_each_number_and_the_output_fills_up():
    frames, times, _ = gif_of(tutorial(padding=1), INPUT.float()[None, None])
    assert len(frames) == 25
    assert {frame.shape for frame in frames} == {(HEIGHT, WIDTH, 3)}
    assert times[-1] > times[0]
    empty = [count(frame[:, WIDTH // 2 :], EMPTY) for frame in frames]
    assert empty[0] > 20 * empty[-1]
    assert all(later <= earlier + 50 for earlier, later in zip(empty, empty[1:], strict=False))


def test_the_window_moves_over_the_padding_first():
    frames, _, _ = gif_of(tutorial(padding=1), INPUT.float()[None, None])
    first, last = (
        np.argwhere(np.abs(frame - np.array(MARK)).max(axis=2) <= 12) for frame in (frames[0], frames[-1])
    )
    left_first, left_last = (marks[marks[:, 1] < 400] for marks in (first, last))
    places = left_first[left_first[:, 0] < 480]
    assert places.min(axis=0).tolist() == [104, 28]
    assert left_last[left_last[:, 0] < 480].min(axis=0)[0] > places.min(axis=0)[0] + 150


@pytest.mark.parametrize("size", [(40, 40), (64, 30)])
def test_large_outputs_are_sampled(size):
    torch.manual_seed(0)
    frames, _, length = gif_of(nn.Conv2d(3, 2, 5, padding=2), torch.rand(1, 3, *size), channel=1)
    assert len(frames) <= MAX_FRAMES + 1
    assert length <= MAX_BYTES
    first, last = (count(frame[:470, WIDTH // 2 + 100 :], EMPTY) for frame in (frames[0], frames[-1]))
    assert first > 20 * last  # the last frame is whole, apart from numbers near zero


@pytest.mark.parametrize(
    "net",
    [
        nn.Conv2d(2, 4, 3, stride=2, dilation=2, padding=3, groups=2),
        nn.MaxPool2d(3, ceil_mode=True, padding=1),
        nn.AvgPool2d(2),
        nn.ConvTranspose2d(2, 2, 3, stride=2),
        nn.AdaptiveAvgPool2d(3),
        nn.Conv2d(2, 1, 11),
    ],
    ids=str,
)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_kind_of_window(net, lang):
    torch.manual_seed(0)
    frames, _, _ = gif_of(net, torch.randn(1, 2, 11, 12), lang=lang, title="层")
    assert frames


def test_the_picture_is_drawn_in_place_of_the_colours():
    picture = np.zeros((8, 8, 3), np.uint8)
    picture[:, :, 1] = 200
    frames, _, _ = gif_of(nn.Conv2d(3, 1, 3), torch.rand(1, 3, 8, 8), picture=picture)
    assert count(frames[0][104:456, :390], (0, 200, 0)) > 40_000


def test_numbers_that_are_not_finite():
    frames, _, _ = gif_of(nn.MaxPool2d(2), torch.tensor([[[[1.0, float("nan")], [float("inf"), 2.0]]]]))
    assert len(frames) == 1


def test_numbers_in_words():
    assert [number(value) for value in (3.0, -0.0, 0.12345, float("nan"), -1e-7)] == [
        "3",
        "0",
        "0.1235",
        "nan",
        "−1e−07",
    ]
