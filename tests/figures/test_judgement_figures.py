"""Figures of a judgement: every name and number is on them, nothing runs out, in both languages."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from glassnet import draw
from glassnet.draw import pixels
from glassnet.figures.class_curves_figure import CurveOfClass, draw_class_curves
from glassnet.figures.confusion_figure import draw_confusion
from glassnet.figures.reliability_figure import Reliability, draw_reliability
from glassnet.figures.told_figure import ToldPicture, draw_told

CHINESE = ("T恤/上衣", "裤子", "套头衫", "短靴（带跟的那一种，名字很长很长很长）")
ENGLISH = ("T-shirt/top", "$\\frac{", "a name that somebody gave to a folder, 17", "<b> & %")
NAMES = pytest.mark.parametrize("names", [ENGLISH, CHINESE], ids=["en", "zh"])


def drawn(figure):
    """Draw it; a character that no font has warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shown = pixels(figure)
    for text in figure.findobj(
        match=lambda item: hasattr(item, "get_window_extent") and hasattr(item, "get_text")
    ):
        if text.get_text() and text.get_visible():
            box = text.get_window_extent()
            assert box.x0 >= -1, text
            assert box.y0 >= -1, text
            assert box.x1 <= shown.shape[1] + 1, text
            assert box.y1 <= shown.shape[0] + 1, text
    return shown


def said(figure):
    return [text.get_text() for text in figure.findobj(match=lambda item: hasattr(item, "get_text"))]


def language(names):
    if names is CHINESE and len(draw.fonts()) == 1:
        pytest.skip("no font with Chinese characters: apt-get install -y fonts-noto-cjk")
    return "zh" if names is CHINESE else "en"


@NAMES
def test_the_confusion_matrix_tells_counts_and_shares(names):
    counts = [[7, 1, 0, 0], [0, 3, 1, 0], [0, 0, 0, 0], [12, 0, 0, 1234]]
    figure = draw_confusion(counts, names, lang=language(names))
    drawn(figure)
    texts = said(figure)
    assert {"7\n88 %", "1\n12 %", "3\n75 %", "1\n25 %", "12\n1 %", "1,234\n99 %"} <= set(texts)
    assert not any(text.startswith("0\n") for text in texts)
    for labels in (figure.axes[1].get_xticklabels(), figure.axes[1].get_yticklabels()):
        assert [label.get_text() for label in labels][:2] == [names[0], names[1]]
    assert np.allclose(figure.axes[1].images[0].get_array()[2], 0)
    assert figure.axes[1].images[0].get_array()[0, 0] == 7 / 8


@pytest.mark.parametrize("number", [1, 2, 25, 31, 130])
def test_a_confusion_matrix_of_any_size(number):
    figure = draw_confusion(
        np.eye(number, dtype=int).tolist(), [f"class {i}" for i in range(number)], lang="en"
    )
    assert max(drawn(figure).shape) < 1400
    assert ("class 0" in said(figure)) == (number <= 120)
    assert (any(text.split("\n")[0] == "1" for text in said(figure))) == (number <= 30)


@NAMES
@pytest.mark.parametrize("kind", ["precision_recall", "roc"])
def test_curves_name_each_class_with_its_area_the_worst_first(names, kind):
    curves = [CurveOfClass(name, 0.9 - 0.1 * i, ((0.0, 0.2), (1.0, 1.0))) for i, name in enumerate(names)]
    figure = draw_class_curves(curves, kind, lang=language(names))
    drawn(figure)
    entries = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert [entry.split("  ")[0] for entry in entries] == ["0.600", "0.700", "0.800", "0.900"]
    assert entries[-1] == f"0.900  {names[0]}"


def test_of_many_classes_the_worst_have_colours():
    curves = [CurveOfClass(f"c{i}", 0.5 + i / 1000, ((0.0, 1.0), (1.0, 0.0))) for i in range(200)]
    figure = draw_class_curves(curves, "precision_recall", lang="en")
    drawn(figure)
    entries = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert len(entries) == 11
    assert entries[0] == "0.500  c0"
    assert entries[-1] == "190 others, with larger areas"


@NAMES
def test_the_reliability_diagram(names):
    found = Reliability(((0.4, 0.6, 30, 0.5, 0.25), (0.8, 1.0, 10, 0.9, 0.9)), 0.1875)
    figure = draw_reliability(found, found, 1.5, lang=language(names))
    drawn(figure)
    heights = [bar.get_height() for bar in figure.axes[0].patches if bar.get_width() < 0.5]
    assert heights == [0.25, 0.9]
    assert [bar.get_height() for bar in figure.axes[1].patches] == [0.75, 0.25]
    assert any("18.8 %" in text and "1.500" in text for text in said(figure))
    assert not any("logits" in text for text in said(draw_reliability(found, None, None, lang="en")))


@NAMES
def test_pictures_with_what_was_said_of_them(names):
    images = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), np.uint8)
    told = [ToldPicture(names[0], names[1], 0.987), ToldPicture(names[1], names[1], 0.5)]
    figure = draw_told(images, told, "mistakes", lang=language(names))
    drawn(figure)
    assert f"{names[0]}\n{names[1]} 98.7 %" in said(figure)
    assert f"{names[1]} 50.0 %" in said(figure)


def test_a_share_that_rounds_to_nothing_is_not_told_as_none():
    figure = draw_confusion([[996, 4], [0, 3]], ("cat", "dog"), lang="en")
    assert {"996\n100 %", "4\n<1 %", "3\n100 %"} <= set(said(figure))


@pytest.mark.parametrize(("names", "turned"), [(("cat", "dog"), 0), (("a long name", "dog"), 90)])
def test_names_are_turned_only_where_they_do_not_fit(names, turned):
    figure = draw_confusion([[1, 0], [0, 1]], names, lang="en")
    drawn(figure)
    assert {label.get_rotation() for label in figure.axes[1].get_xticklabels()} == {turned}


def test_wide_names_stay_on_the_figure_and_off_their_neighbours():
    names = ("W" * 60, "MALIGNANT MELANOMA OF THE SKIN", "a name that somebody gave to a folder, 17")
    drawn(draw_confusion(np.eye(3, dtype=int).tolist(), names, lang="en"))
    drawn(
        draw_class_curves(
            [CurveOfClass(name, 0.5, ((0.0, 1.0), (1.0, 0.0))) for name in names],
            "precision_recall",
            lang="en",
        )
    )
    told = [ToldPicture(names[i % 3], names[(i + i // 3) % 3], 0.999) for i in range(9)]
    figure = draw_told(np.zeros((9, 8, 8, 3), np.uint8), told, "mistakes", lang="en")
    drawn(figure)
    boxes = [text.get_window_extent() for text in figure.axes[0].texts[1:9]]
    assert all(left.x1 < right.x0 for left, right in zip(boxes, boxes[1:], strict=False))


def test_the_legend_of_the_reliability_diagram_hides_no_bar():
    shy = Reliability(tuple((i / 10, (i + 1) / 10, 10, i / 10 + 0.05, 1.0) for i in range(10)), 0.45)
    figure = draw_reliability(shy, shy, 0.5, lang="en")
    drawn(figure)
    axes = figure.axes[0]
    assert axes.get_legend().get_window_extent().y0 >= axes.get_window_extent().y1
