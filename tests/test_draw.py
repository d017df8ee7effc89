"""Figures: there is something on them, names fit, and a missing font is said once."""

from __future__ import annotations

import unicodedata
import warnings

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_hex

from glassnet import draw
from glassnet.draw import draw_inputs, draw_predictions, missing_font, pixels, shortened

CHINESE = ("T恤/上衣", "裤子", "套头衫", "短靴（带跟的那一种，名字很长很长）")
ENGLISH = ("T-shirt/top", "Trouser", "a name that somebody gave to a folder, 17", "$x^{2$ & <b>")


@pytest.fixture(autouse=True)
def _fonts_anew():
    draw.fonts.cache_clear()
    yield
    draw.fonts.cache_clear()


def images(count, height=8, width=8, channels=1):
    return np.random.default_rng(0).integers(0, 256, (count, height, width, channels), np.uint8)


def texts(figure):
    return [text for text in figure.axes[0].texts if text.get_text()]


@pytest.mark.parametrize("count", [1, 3, 8, 9, 32])
@pytest.mark.parametrize("size", [(8, 8, 1), (5, 40, 3), (40, 5, 3), (1, 1, 1)])
@pytest.mark.parametrize("names", [ENGLISH, CHINESE])
def test_every_picture_and_name_is_on_the_figure_and_nothing_overlaps(count, size, names):
    if names is CHINESE and len(draw.fonts()) == 1:
        pytest.skip("no font with Chinese characters: apt-get install -y fonts-noto-cjk")
    labels = [index % 4 for index in range(count)]
    guesses = [(index * 3) % 4 for index in range(count)]
    given_images = images(count, *size)
    for figure in (
        draw_predictions(given_images, labels, guesses, [0.997] * count, names),
        draw_inputs(given_images / 100 - 1.0, [names[i] for i in labels], title="what the network sees"),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a glyph that no font has warns
            shown = pixels(figure)
        assert shown.dtype == np.uint8
        assert shown.shape[2] == 3
        assert shown.std() > 5
        assert len(figure.axes[0].images) == count
        boxes = [text.get_window_extent() for text in texts(figure)]
        boxes += [image.get_window_extent() for image in figure.axes[0].images]
        assert len(boxes) == 2 * count + 1
        for number, box in enumerate(boxes):
            assert box.x0 >= -1
            assert box.y0 >= -1
            assert box.x1 <= shown.shape[1] + 1
            assert box.y1 <= shown.shape[0] + 1
            for other in boxes[number + 1 :]:
                apart = box.x1 <= other.x0 + 1.5 or other.x1 <= box.x0 + 1.5
                assert apart or box.y1 <= other.y0 + 1.5 or other.y1 <= box.y0 + 1.5


def test_right_is_green_and_wrong_is_red_with_both_names():
    figure = draw_predictions(images(2), [0, 1], [0, 2], [0.5, 0.987], ("cat", "dog", "owl"))
    title, right, wrong = texts(figure)
    assert title.get_text() == "1 of 2 right\nin red: what it is, then what was said"
    assert (right.get_text(), to_hex(right.get_color())) == ("cat 50 %", draw.GOOD)
    assert (wrong.get_text(), to_hex(wrong.get_color())) == ("dog\nowl 99 %", draw.BAD)


def test_the_scale_of_the_inputs_is_told_and_used():
    seen = np.zeros((2, 4, 4, 1), np.float32)
    seen[0], seen[1] = -0.5, 1.25
    figure = draw_inputs(seen, ["a", "b"], title="seen")
    assert texts(figure)[0].get_text() == "seen\nblack is −0.50, white is 1.25"
    assert [float(image.get_array().max()) for image in figure.axes[0].images] == [0.0, 1.0]
    assert np.isfinite(pixels(draw_inputs(np.ones((1, 4, 4, 3)), ["a"], title="flat"))).all()


@settings(deadline=None)
@given(st.text(max_size=80), st.integers(4, 40))
def test_names_are_shortened_in_the_middle(name, cells):
    short = shortened(name, cells)
    plain = " ".join(name.split())
    width = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in short)
    if short != plain:
        head, _, tail = short.partition("…") if "…" not in plain else (short[:1], "", short[-1:])
        assert width <= cells + 1
        assert plain.startswith(head)
        assert plain.endswith(tail)
    else:
        assert width <= cells


def test_the_name_of_a_class_is_no_formula():
    figure = draw_predictions(images(1), [0], [0], [1.0], ("$\\frac{$",))
    pixels(figure)  # as a formula this is an error
    assert texts(figure)[1].get_text() == "$\\frac{$ 100 %"


def only(monkeypatch, *names):
    class Font:
        def __init__(self, name):
            self.name = name

    monkeypatch.setattr(draw.font_manager.fontManager, "ttflist", [Font(name) for name in names])
    monkeypatch.setattr(draw.font_manager, "findSystemFonts", list)


def test_a_missing_font_is_said_where_it_matters(monkeypatch):
    only(monkeypatch, "DejaVu Sans")
    assert missing_font(ENGLISH) is None
    assert missing_font(["cat", "猫"]) == (
        "no installed font has Chinese characters, so figures show boxes: apt-get install fonts-noto-cjk"
    )
    draw.fonts.cache_clear()
    only(monkeypatch, "DejaVu Sans", "SimHei", "Microsoft YaHei")
    assert draw.fonts() == ("DejaVu Sans", "Microsoft YaHei")
    assert missing_font(["cat", "猫"]) is None


def test_a_font_that_was_installed_after_matplotlib_made_its_list_is_found(monkeypatch):
    real = draw.font_manager.findSystemFonts()
    if not any("NotoSansCJK" in file for file in real):
        pytest.skip("no font with Chinese characters: apt-get install -y fonts-noto-cjk")
    only(monkeypatch, "DejaVu Sans")
    monkeypatch.setattr(draw.font_manager, "findSystemFonts", lambda: real)
    assert draw.fonts()[1].startswith("Noto Sans CJK")
    assert missing_font(["猫"]) is None


def test_without_the_font_a_figure_is_drawn_all_the_same_and_matplotlib_is_quiet(monkeypatch):
    monkeypatch.setattr(draw, "CHINESE_FONTS", ())
    filters, settings_before = list(warnings.filters), dict(matplotlib.rcParams)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pixels(draw_predictions(images(2), [0, 1], [0, 2], [0.5, 0.9], ("猫", "狗", "鸟")))
    assert caught == []
    assert list(warnings.filters) == filters
    assert dict(matplotlib.rcParams) == settings_before
