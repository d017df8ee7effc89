"""Trainings whose every bit is compared, and what PyTorch is like before and after."""

from __future__ import annotations

import contextlib
import io
import random
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
import torch._dynamo  # replaces torch.manual_seed
from torch import nn
from torch.nn.modules import module as modules
from torch.optim import lr_scheduler, optimizer
from torch.overrides import _get_current_function_mode_stack
from torch.utils.data import DataLoader
from torch.utils.data.dataloader import _BaseDataLoaderIter

from glassnet.checks.seen import Seen
from glassnet.watching.observe import observe

if TYPE_CHECKING:
    from collections.abc import Callable


def bits(thing: Any) -> Any:
    """Give a thing in a form in which `==` compares every bit."""
    if isinstance(thing, torch.Tensor):
        return str(thing.dtype), tuple(thing.shape), thing.detach().contiguous().numpy(force=True).tobytes()
    if isinstance(thing, float):
        return thing.hex()
    if isinstance(thing, dict):
        return {key: bits(part) for key, part in thing.items()}
    if isinstance(thing, list | tuple):
        return [bits(part) for part in thing]
    return thing


def ran(training: Callable[[], Any]) -> tuple[Any, ...]:
    """Run a training from the same seeds; give its result, what it printed, and the generators after it."""
    torch.manual_seed(0)
    np.random.seed(0)
    random.seed(0)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        result = training()
    generators = random.getstate(), np.random.get_state()[1].tolist(), bits(torch.get_rng_state())
    return bits(result), printed.getvalue(), generators


@pytest.fixture
def same_bits() -> Callable[[Callable[[], Any]], Seen]:
    """Run a training without and with a watch, demand the same bits, and give what was seen."""

    def compare(training: Callable[[], Any]) -> Seen:
        plain = ran(training)
        with observe() as watcher:
            watched = ran(training)
        assert watched[0] == plain[0]
        assert watched[1] == plain[1]
        assert watched[2] == plain[2]
        return watcher.seen()

    return compare


def tappable() -> dict[str, Any]:
    """Give everything of PyTorch, Python and NumPy that a watch may replace."""
    kinds = [kind for kind in vars(lr_scheduler).values() if isinstance(kind, type)]
    owners = [
        nn.Module, torch.optim.Optimizer, DataLoader, _BaseDataLoaderIter, torch.amp.GradScaler, torch.Tensor,
        torch.autograd, nn.utils, nn.utils.clip_grad, torch, random, np.random, sys.modules["os"], *kinds,
    ]  # fmt: skip
    held = {
        f"{owner.__name__}.{name}": it for owner in owners for name, it in vars(owner).items() if callable(it)
    }
    hooks = {
        name: dict(found)
        for place in (modules, optimizer)
        for name, found in vars(place).items()
        if name.startswith("_global_") and isinstance(found, dict)
    }
    return {**held, **hooks, "modes": _get_current_function_mode_stack(), "excepthook": sys.excepthook}


@pytest.fixture(autouse=True)
def _as_before() -> Any:
    """Fail where a test leaves PyTorch changed."""
    before = tappable()
    yield
    after = tappable()
    assert {
        name for name in before if before[name] is not after.get(name) and before[name] != after.get(name)
    } == set()
    assert after.keys() == before.keys()
