"""Errors for people: their words, their exit codes, and what was probably meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet import errors
from glassnet.errors import GlassnetError, did_you_mean


def test_each_part_has_its_line_and_an_empty_one_is_not_left_out():
    error = GlassnetError("it failed", where="a.jpg", got=0, expected="a picture", hint="another file")
    assert str(error) == "it failed\n  where: a.jpg\n  got: 0\n  expected: a picture\n  hint: another file"
    assert str(GlassnetError("it failed")) == "it failed"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("GlassnetError", 1), ("UsageError", 2), ("PicturesError", 2), ("NetError", 2), ("RecipeError", 2),
        ("RunError", 1), ("TrainingError", 1),
    ],
)  # fmt: skip
def test_wrong_use_ends_with_2_and_failures_with_1(name, code):
    kind = getattr(errors, name)
    assert kind.exit_code == code
    assert issubclass(kind, GlassnetError)
    assert isinstance(kind("it failed", hint="x"), GlassnetError)


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("mnits", ["mnist", "cifar10"], "did you mean 'mnist'?"),
        ("MNIST", ["mnist", "cifar10"], "did you mean 'mnist'?"),
        ("glas", ["Glass", "lenet"], "did you mean 'Glass'?"),
        ("zebra", ["mnist", "cifar10"], "known: cifar10, mnist"),
        ("zebra", [], None),
    ],
)
def test_what_was_probably_meant(name, known, hint):
    assert did_you_mean(name, known) == hint


@given(st.text(), st.lists(st.text()))
def test_any_name_gets_an_answer(name, known):
    hint = did_you_mean(name, known)
    assert hint is None if not known else isinstance(hint, str)
