"""Automatic choices: every open field gets a value and a reason, and what a person said is never changed."""

from __future__ import annotations

from dataclasses import asdict, fields, replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.errors import UsageError
from glassnet.training import choices
from glassnet.training.choices import (
    THREADS_MIN_MACS,
    Facts,
    check_device,
    choose_device,
    choose_onednn,
    choose_precision,
    choose_threads,
    resolve,
)  # fmt: skip
from glassnet.training.recipe import RECIPES, Recipe, check, over, to_toml
from toys import PLAIN

FACTS = st.builds(
    Facts, pictures=st.integers(1, 2_000_000), height=st.integers(1, 300), width=st.integers(1, 300),
    channels=st.sampled_from([1, 3]), mirrored=st.booleans(), own_val=st.booleans(),
    macs=st.integers(0, 10**11), convolutions=st.booleans(), own_net=st.booleans(),
)  # fmt: skip
SOME = Facts(5_400, 28, 28, 1, True, False, 10**6, True, False)
NAMES = [field.name for field in fields(Recipe) if field.name != "net"]


@settings(deadline=None)
@given(FACTS, st.sets(st.sampled_from(NAMES)))
def test_open_fields_get_a_value_and_a_reason_and_given_ones_stay(facts, given_names):
    wishes = Recipe(net="toy", **{name: getattr(PLAIN, name) for name in given_names})
    resolved, reasons = resolve(wishes, facts)
    assert not [name for name, value in asdict(resolved).items() if value is None]
    assert set(reasons) == set(NAMES) - given_names
    assert all(reason and "\n" not in reason for reason in reasons.values())
    assert asdict(over(resolved, wishes)) == asdict(resolved)
    check(resolved, where="resolved")


@pytest.mark.parametrize("name", RECIPES)
def test_shipped_recipes_keep_what_they_say(name):
    recipe, reasons = resolve(RECIPES[name], SOME)
    assert over(recipe, RECIPES[name]) == recipe
    assert "lr" not in reasons
    assert "# " in to_toml(recipe, reasons)


def test_a_resolved_recipe_is_left_alone():
    once, _ = resolve(Recipe(net="toy"), SOME)
    assert resolve(once, SOME) == (once, {})


@pytest.mark.parametrize(
    ("cuda", "mps", "device", "reason"),
    [
        (True, True, "cuda", "Some GPU is there"),
        (False, True, "mps", "an Apple GPU is there"),
        (False, False, "cpu", f"no GPU that PyTorch {torch.__version__} can use"),
    ],
)
def test_the_device_and_why(monkeypatch, cuda, mps, device, reason):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Some GPU")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    assert choose_device() == (device, reason)


def test_a_device_that_is_not_there():
    check_device("cpu")
    for name in ("cuda:7", "gpu"):
        if name == "gpu" or not torch.cuda.is_available():
            with pytest.raises(UsageError) as caught:
                check_device(name)
            assert caught.value.what == f"device '{name}' cannot be used"
            assert caught.value.parts["hint"] == "--device cpu works everywhere"


@pytest.mark.parametrize("bfloat16", [True, False])
def test_precision_on_a_processor(monkeypatch, bfloat16):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": bfloat16, "avx2": True})
    large, small = choices.BFLOAT16_MIN_MACS, choices.BFLOAT16_MIN_MACS - 1
    assert choose_precision("cpu", large)[0] == ("bfloat16" if bfloat16 else "float32")
    assert choose_precision("cpu", small)[0] == "float32"
    assert choose_precision("mps", large) == ("float32", "bfloat16 is not proven on mps")


@pytest.mark.parametrize("bfloat16", [True, False])
def test_precision_on_a_gpu(monkeypatch, bfloat16):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: bfloat16)
    assert choose_precision("cuda:1", 1)[0] == ("bfloat16" if bfloat16 else "float32")


def test_what_the_pictures_say_is_heard():
    assert resolve(Recipe(net="toy"), SOME)[0].flip is True
    assert resolve(Recipe(net="toy"), replace(SOME, mirrored=False))[0].flip is False
    assert resolve(Recipe(net="toy"), SOME)[0].memory_format == "channels-last"
    assert resolve(Recipe(net="toy"), replace(SOME, convolutions=False))[0].memory_format == "contiguous"
    assert resolve(Recipe(net="toy"), replace(SOME, pictures=7))[0].batch <= 7


def test_the_threads_and_why(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    assert choose_threads("cpu", 2_600_000) == (1, "a step is small (2.6 M multiply-adds)")
    assert choose_threads("cpu", THREADS_MIN_MACS) == (8, "PyTorch's own number for this machine")
    assert choose_threads("cuda", 0) == (8, "PyTorch's own number for this machine")


def test_tiny_steps_of_convolutions_are_pytorchs_own():
    def chosen(**facts):
        recipe, reasons = resolve(Recipe(net="toy", batch=3), replace(SOME, **facts))
        assert recipe.device != "cpu" or reasons["onednn"]
        return recipe.onednn, recipe.memory_format

    if choose_device()[0] != "cpu":
        pytest.skip("a GPU is there")
    assert chosen() == (False, "contiguous")
    assert chosen(macs=2 * 10**6) == (True, "channels-last")
    assert chosen(grouped=True) == (True, "channels-last")
    assert chosen(convolutions=False) == (True, "contiguous")
    assert choose_onednn(SOME, "cuda", "float32", 1)[0]
    assert choose_onednn(SOME, "cpu", "bfloat16", 1)[0]
