"""Which pictures a run says it was trained on, and what is set aside of them."""

from __future__ import annotations

import pytest

from glassnet.errors import RecipeError
from glassnet.pictures import load
from glassnet.training.recipe import from_table
from glassnet.verbs.prepare import _named
from glassnet.verbs.source import arrange


def test_a_folder_with_the_name_of_a_data_set_is_not_recorded_for_it(tmp_path, monkeypatch):
    (tmp_path / "mnist").mkdir()
    monkeypatch.chdir(tmp_path)
    assert _named("mnist") == "mnist"
    assert _named("./mnist") == str((tmp_path / "mnist").resolve())


def test_the_sources_own_validation_split_is_used_also_with_val_0():
    splits = load("fashion-mini")
    arranged = arrange({"train": splits["train"], "val": splits["test"]}, val=0.0, seed=0)
    assert arranged.val is splits["test"]
    assert len(arranged.train) == 6000


def test_yes_is_no_number():
    with pytest.raises(RecipeError, match="'lr' has an impossible value"):
        from_table({"lr": True}, where="recipe.toml")
