"""When a watch is over PyTorch is as it was, whatever happened in it."""

from __future__ import annotations

import contextlib
import gc
import os
import weakref

import pytest
import torch
from torch import nn
from torch.overrides import TorchFunctionMode, _get_current_function_mode_stack

from glassnet.watching.observe import observe
from glassnet.watching.watcher import StopWatchingError


class Counting(TorchFunctionMode):
    """A mode of the person's own."""

    num_calls = 0

    def __torch_function__(self, func, types, args=(), kwargs=None):
        Counting.num_calls += 1
        return func(*args, **(kwargs or {}))


def steps(count: int, net: nn.Module, batch: torch.Tensor) -> None:
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(count):
        optimizer.zero_grad()
        net(batch).square().sum().backward()
        optimizer.step()


def test_nothing_is_left_behind():
    """The fixture of this folder compares PyTorch before and after every test."""
    call = nn.Module.__call__
    with observe():
        assert nn.Module.__call__ is not call
        steps(7, nn.Linear(3, 2), torch.ones(4, 3))
    assert nn.Module.__call__ is call


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_nothing_is_left_behind_after_an_exception(error):
    class Net(nn.Linear):
        def forward(self, x):
            if len(x) == 3:
                raise error("mine")
            return super().forward(x)

    net = Net(3, 2)
    with pytest.raises(error, match="mine"), observe() as watcher:
        steps(2, net, torch.ones(4, 3))
        net(torch.ones(3, 3))
    assert _get_current_function_mode_stack() == []
    seen = watcher.seen()
    assert seen.num_steps == 2
    assert (seen.crash.type if seen.crash else None) == ("ValueError" if error is ValueError else None)


def test_an_error_that_the_script_catches_ends_nothing():
    net, optimizer = nn.Linear(3, 2), None
    with observe() as watcher:
        with contextlib.suppress(RuntimeError):
            net(torch.ones(2, 5))
        with contextlib.suppress(RuntimeError):
            net(torch.ones(2, 3)).backward()
        steps(6, net, torch.ones(4, 3))
    seen = watcher.seen()
    assert (seen.num_steps, seen.crash) == (6, None)
    assert [op.name for op in seen.looks[-1].trace.ops][:1] == ["linear"]
    assert all(call.end_op >= call.first_op for look in seen.looks for call in look.trace.calls)


def test_gradients_switched_off_and_on():
    net = nn.Linear(3, 2)
    with observe() as watcher:
        with torch.no_grad():
            net(torch.ones(2, 3))
            with torch.enable_grad():
                steps(2, net, torch.ones(4, 3))
                assert torch.is_grad_enabled()
            net(torch.ones(2, 3))
            assert not torch.is_grad_enabled()
        assert torch.is_grad_enabled()
        with torch.inference_mode():
            net(torch.ones(2, 3))
    passes = [event.facts["grad"] for event in watcher.seen().events if event.kind == "network"]
    assert passes == [False, True, True, False, False]


def test_a_persons_own_mode_above_ours():
    """Looks end while another mode lies on top of the stack; it keeps working, and ours leaves later."""
    net, Counting.num_calls = nn.Linear(3, 2), 0
    with observe() as watcher:
        net(torch.ones(2, 3))  # opens a look
        with Counting():
            steps(2, net, torch.ones(4, 3))
            assert Counting.num_calls > 4
            assert isinstance(_get_current_function_mode_stack()[-1], Counting)
        steps(2, net, torch.ones(4, 3))
    assert watcher.seen().num_steps == 4
    assert _get_current_function_mode_stack() == []


def test_a_mode_that_outlives_the_watch():
    net, mode = nn.Linear(3, 2), Counting()
    try:
        with observe():
            net(torch.ones(2, 3))
            mode.__enter__()
            net(torch.ones(2, 3))
        before = Counting.num_calls
        torch.ones(2) + 1
        assert Counting.num_calls > before
        assert _get_current_function_mode_stack() == [mode]
    finally:
        mode.__exit__(None, None, None)


def test_a_device_context_that_ends_within_a_look():
    net = nn.Linear(3, 2)
    with observe() as watcher:
        with torch.device("meta"):
            net(torch.ones(2, 3, device="cpu"))  # opens a look
            assert torch.ones(2).is_meta
        assert not torch.ones(2).is_meta
        steps(2, net, torch.ones(4, 3))
    assert watcher.seen().num_steps == 2


def test_an_own_mode_that_ends_within_a_look():
    net, Counting.num_calls = nn.Linear(3, 2), 0
    with observe():
        with Counting():
            net(torch.ones(2, 3))  # opens a look
        assert 2 <= Counting.num_calls <= 4
        before = Counting.num_calls
        net(torch.ones(2, 3))
        assert Counting.num_calls == before


def test_the_default_device_is_set_within():
    net = nn.Linear(3, 2)
    with observe() as watcher:
        try:
            net(torch.ones(2, 3))
            torch.set_default_device("meta")
            assert torch.ones(2).is_meta
            steps(2, net, torch.ones(2, 3, device="cpu"))
            assert torch.ones(2).is_meta
        finally:
            torch.set_default_device(None)
        steps(2, net, torch.ones(2, 3))
    assert watcher.seen().num_steps == 4
    assert _get_current_function_mode_stack() == []


def test_what_somebody_else_replaces_meanwhile_stays():
    save = torch.save
    try:
        with observe():
            ours = torch.save

            def theirs(*args, **kwargs):
                return ours(*args, **kwargs)

            torch.save = theirs
        assert torch.save is theirs
    finally:
        torch.save = save


def test_stopping_is_no_exception_that_a_script_catches():
    def training():
        try:
            steps(10, net, torch.ones(4, 3))
        except Exception:
            raise AssertionError from None

    net = nn.Linear(3, 2)
    with pytest.raises(StopWatchingError), observe(stop_after=3) as watcher:
        training()
    seen = watcher.seen()
    assert (seen.num_steps, seen.ended, len(seen.looks)) == (3, "stopped", 3)


def test_a_training_of_our_own_is_seen_while_the_watch_sleeps():
    seen = {}
    for by in ("watch", "check"):
        torch.manual_seed(0)
        net = nn.Linear(3, 2)
        with observe(by=by) as watcher:
            steps(350, net, torch.full((4, 3), 0.1))
            with torch.no_grad():
                net(torch.full((4, 3), 0.1))
            steps(50, net, torch.full((4, 3), 0.1))
        seen[by] = watcher.seen()
    watched, checked = seen["watch"], seen["check"]
    for found, first in ((watched, 5), (checked, 3)):
        steps_seen = [(look.step, look.trained) for look in found.looks]
        assert steps_seen[:first] == [(step, True) for step in range(first)]
        assert max(step for step, trained in steps_seen if trained) > 200
        assert (350, False) in steps_seen  # the pass without gradients
    assert [loss.value for loss in checked.losses] == [loss.value for loss in watched.losses]
    assert (checked.num_steps, watched.num_steps) == (400, 400)


def test_a_watch_inside_a_watch():
    net = nn.Linear(3, 2)
    with observe() as outer:
        steps(1, net, torch.ones(4, 3))
        with observe() as inner:
            steps(2, net, torch.ones(4, 3))
        steps(1, net, torch.ones(4, 3))
    assert (inner.seen().num_steps, outer.seen().num_steps) == (2, 4)


def test_a_watch_and_what_it_saw_are_forgotten():
    with observe() as watcher:
        steps(2, nn.Linear(3, 2), torch.ones(4, 3))
    gone = weakref.ref(watcher)
    del watcher
    gc.collect()
    assert gone() is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork")
def test_a_forked_child_is_not_watched():
    net = nn.Linear(3, 2)
    with observe() as watcher:
        steps(1, net, torch.ones(4, 3))
        net(torch.ones(4, 3))  # a look is open
        child = os.fork()
        if not child:
            code = 1
            with contextlib.suppress(BaseException):
                steps(1, net, torch.ones(4, 3))
                code = 0 if not watcher.on and _get_current_function_mode_stack() == [] else 2
            os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        steps(1, net, torch.ones(4, 3))
    assert watcher.seen().num_steps == 2
