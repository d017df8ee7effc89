"""The recipe: what can be written can be read, and nothing impossible gets through."""

from __future__ import annotations

import ast
import inspect
import math
from dataclasses import asdict, fields
from itertools import pairwise
from typing import Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.errors import RecipeError, UsageError
from glassnet.training import recipe as module
from glassnet.training.recipe import (
    ABOVE_ZERO,
    BOUNDS,
    RECIPES,
    Recipe,
    check,
    from_table,
    named,
    over,
    read_toml,
    to_toml,
)  # fmt: skip

TYPES = get_type_hints(Recipe)


def values(name):
    """All values that a field may have."""
    kind = TYPES[name]
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    low, high = BOUNDS.get(name, (None, None))
    if kind is float:
        return st.floats(low, high, exclude_min=name in ABOVE_ZERO, allow_nan=False, allow_infinity=False)
    if kind is int:
        return st.integers(low, 2**63 - 1 if high is None else high)
    return st.booleans() if kind is bool else st.text(st.characters(exclude_categories=["Cs"]))


@st.composite
def recipes(draw):
    table = {name: draw(st.none() | values(name)) for name in TYPES}
    if table["mixup"] and table["cutmix"]:
        table["cutmix"] = 0.0
    return Recipe(**table)


@settings(max_examples=150, deadline=None)
@given(recipes(), st.dictionaries(st.sampled_from(list(TYPES)), st.text("abc#=\"'é中 ", max_size=20)))
def test_what_is_written_as_toml_is_read_back(tmp_path_factory, recipe, reasons):
    path = tmp_path_factory.getbasetemp() / "recipe.toml"
    path.write_text(to_toml(recipe, reasons), "utf-8", newline="")
    assert read_toml(path) == recipe


def test_reasons_stand_beside_their_values():
    assert to_toml(Recipe(batch=64, lr=0.1), {"lr": "usual", "seed": "not set, not told"}) == (
        "batch = 64\nlr = 0.1 # usual\n"
    )


def error_of(table):
    with pytest.raises(RecipeError) as caught:
        from_table(table, where="my.toml")
    assert caught.value.exit_code == 2
    return str(caught.value)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"epoch": 3}, "unknown key 'epoch'\n  where: my.toml\n  hint: did you mean 'epochs'?"),
        (
            {"optimizer": "adamww"},
            (
                "'optimizer' has an impossible value\n  where: my.toml\n  got: 'adamww'\n"
                "  expected: sgd, nesterov, adam, adamw, muon\n  hint: did you mean 'adamw'?"
            ),
        ),
        ({"batch": 0}, "'batch' has an impossible value\n  where: my.toml\n  got: 0\n  expected: at least 1"),
        (
            {"batch": 4.0},
            "'batch' has an impossible value\n  where: my.toml\n  got: 4.0\n  expected: a whole number",
        ),
        (
            {"batch": True},
            "'batch' has an impossible value\n  where: my.toml\n  got: True\n  expected: a whole number",
        ),
        (
            {"flip": 1},
            "'flip' has an impossible value\n  where: my.toml\n  got: 1\n  expected: true or false",
        ),
        ({"net": 1}, "'net' has an impossible value\n  where: my.toml\n  got: 1\n  expected: a text"),
        ({"lr": "x"}, "'lr' has an impossible value\n  where: my.toml\n  got: 'x'\n  expected: a number"),
        (
            {"lr": math.inf},
            (
                "'lr' has an impossible value\n  where: my.toml\n  got: inf\n"
                "  expected: at least 0.0, and finite"
            ),
        ),
        (
            {"epochs": 0},
            (
                "'epochs' has an impossible value\n  where: my.toml\n  got: 0.0\n"
                "  expected: above 0.0, and finite"
            ),
        ),
        (
            {"val": 0.95},
            "'val' has an impossible value\n  where: my.toml\n  got: 0.95\n  expected: 0.0 to 0.9",
        ),
        (
            {"mixup": 0.2, "cutmix": 1.0},
            "mixup and cutmix cannot both be on\n  where: my.toml\n  hint: set one of them to 0",
        ),
    ],
)
def test_impossible_recipes_by_their_words(table, words):
    assert error_of(table) == words


@pytest.mark.parametrize("name", BOUNDS)
@pytest.mark.parametrize("side", ["low", "high", "nan", "inf"])
def test_every_bound_is_kept_in_python_too(name, side):
    low, high = BOUNDS[name]
    kind = TYPES[name]
    if kind is int and side in ("nan", "inf"):
        return
    beyond = {"low": low - 1, "high": None if high is None else high + 1, "nan": math.nan, "inf": math.inf}
    if beyond[side] is not None:
        with pytest.raises(RecipeError, match=f"'{name}' has an impossible value"):
            check(Recipe(**{name: beyond[side]}), where="here")
    inside = high if side == "high" and high is not None else low
    if not (inside == low and name in ABOVE_ZERO):
        check(Recipe(**{name: inside}), where="here")


def test_a_name_given_in_python_is_checked_too():
    with pytest.raises(RecipeError, match="did you mean 'cosine'"):
        check(Recipe(schedule="cosin"), where="here")  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no such recipe file"),
        (b"lr = ", "the recipe file cannot be read"),
        (b"\xff\xfe", "the recipe file cannot be read"),
    ],
)
def test_files_that_are_no_recipe(tmp_path, content, words):
    path = tmp_path / "recipe.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RecipeError) as caught:
        read_toml(path)
    assert caught.value.what == words
    assert caught.value.parts["where"] == str(path)


@given(recipes(), recipes())
@settings(max_examples=50, deadline=None)
def test_wishes_win_over_what_lies_below(base, wishes):
    merged = asdict(over(base, wishes))
    for name, wish in asdict(wishes).items():
        assert merged[name] == (asdict(base)[name] if wish is None else wish)


@pytest.mark.parametrize(
    ("name", "net", "lr", "batch", "epochs"),
    [
        ("tutorial-mlp", "mlp", 0.01, 64, 5),
        ("tutorial-fashion-cnn", "fashion-cnn", 0.01, 64, 5),
        ("tutorial-lenet", "lenet", 0.001, 4, 2),
    ],
)
def test_tutorials_as_they_stand_there(name, net, lr, batch, epochs):
    recipe = named(name)
    assert (recipe.net, recipe.lr, recipe.batch, recipe.epochs) == (net, lr, batch, epochs)
    # SGD with momentum 0.9, pixels to [-1, 1], and nothing that the tutorials do not do
    assert (recipe.optimizer, recipe.momentum, recipe.normalize) == ("sgd", 0.9, "half")
    assert recipe.schedule == "constant"
    nothing = ("weight_decay", "warmup", "label_smoothing", "flip", "shift", "cutout", "ema", "val")
    assert [getattr(recipe, field) for field in nothing] == [0] * len(nothing)
    check(recipe, where=name)


def test_no_other_recipe_is_shipped_and_unknown_ones_are_named():
    assert len(RECIPES) == 3
    with pytest.raises(UsageError) as caught:
        named("tutorial-lenett")
    assert str(caught.value) == "unknown recipe 'tutorial-lenett'\n  hint: did you mean 'tutorial-lenet'?"


def test_every_field_is_open_at_first_and_has_one_line_of_words():
    assert all(value is None for value in asdict(Recipe()).values())
    body = next(
        node for node in ast.parse(inspect.getsource(module)).body
        if isinstance(node, ast.ClassDef) and node.name == "Recipe"
    ).body  # fmt: skip
    words = {}
    for node, following in pairwise(body):
        if isinstance(node, ast.AnnAssign) and isinstance(following, ast.Expr):
            assert isinstance(node.target, ast.Name)
            words[node.target.id] = ast.literal_eval(following.value)
    assert list(words) == [field.name for field in fields(Recipe)]
    for name, text in words.items():
        assert text.endswith("."), name
        assert "\n" not in text, name
        assert text[0].isupper(), name
