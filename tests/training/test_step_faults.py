"""A step that fails: cases 16, 17, 19 and 21. Nothing is changed, and what is told is true."""

from __future__ import annotations

import inspect
import math
import subprocess
import sys
import textwrap
import weakref
from pathlib import Path
from typing import ClassVar

import pytest
import torch
from torch import nn

from glassnet.errors import RunError, TrainingError
from glassnet.evaluation.memory import is_out_of_memory
from glassnet.pictures.scale import Scale
from glassnet.training.batches import plan_epoch
from glassnet.training.checkpoint import capture, state_dict_bytes
from glassnet.training.events import Step
from glassnet.training.loop import begin, train
from glassnet.training.memory import largest_batch_that_fits
from toys import PLAIN, Linear, Tiny, pictures, same_bits, start, weights_of


def failing(state, after=0):
    """Run to the error; give it and the weights before the step that failed."""
    before = weights_of(state.net)
    events = train(state)
    with pytest.raises(TrainingError) as caught:
        for event in events:
            if isinstance(event, Step):
                before = weights_of(state.net)
    assert state.step == after
    return caught.value, before


def line_of(kind, text):
    lines, first = inspect.getsourcelines(kind)
    return f"{__file__}:{first + next(i for i, line in enumerate(lines) if text in line)}"


class Overflow(Linear):
    """Its second step divides by zero."""

    calls = 0

    def forward(self, images):
        x = self.head(images.flatten(1))
        self.calls += 1
        return x if self.calls < 2 else x / (x - x)  # here


def test_no_step_is_taken_and_the_batch_and_the_line_are_told():
    state = start(Overflow)
    error, before = failing(state, after=1)
    assert same_bits(weights_of(state.net), before)
    indices = plan_epoch(state.recipe, 30, 1).order[8:16].tolist()
    assert str(error) == (
        "the loss or the gradient is not finite; no step was taken\n"
        f"  where: step 2: the first operation that made it: div in Overflow, {line_of(Overflow, '# here')}\n"
        f"  got: loss nan, gradient norm nan; pictures {indices}\n"
        "  expected: finite numbers\n"
        "  hint: a lower rate (--lr 0.005) or --clip 1 is the usual cure"
    )


def told_place(kind, **fields):
    error, _ = failing(start(kind, **fields))
    return error.parts["where"].removeprefix("step 1: the first operation that made it: ")


class Inner(nn.Module):
    def forward(self, x):
        return torch.log(x - x.max())  # inner


class Outer(nn.Module):
    def __init__(self):
        super().__init__()
        self.parts = nn.ModuleList([nn.Linear(64, 3), Inner()])

    def forward(self, images):
        x = images.flatten(1)
        for part in self.parts:
            x = part(x)
        return x * 2


def test_the_module_that_made_it_is_named():
    assert told_place(Outer) == f"log in 'parts.1' (Inner), {line_of(Inner, '# inner')}"


def test_a_layer_of_torch_is_named_without_a_line_of_ours():
    def layers():
        net = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
        with torch.no_grad():
            net[1].weight.fill_(3e38)
        return net

    place = told_place(layers)
    assert place.startswith("linear in '1' (Linear)")
    assert "glassnet" not in place


class Masked(Linear):
    """Attention's mask is -inf, and sound: what comes later is the cause."""

    def forward(self, images):
        x = self.head(images.flatten(1))
        shares = x.masked_fill(torch.eye(3, dtype=torch.bool)[:1], -math.inf).softmax(1)
        return torch.exp(1000 * (1 + shares))  # cause


def test_a_mask_before_softmax_is_not_blamed():
    assert told_place(Masked) == f"exp in Masked, {line_of(Masked, '# cause')}"


class Backward(Linear):
    """Forward is finite; the slope of the square root at zero is not."""

    def forward(self, images):
        x = self.head(images.flatten(1))
        return x + torch.sqrt(x - x)  # root


def test_an_operation_of_the_backward_pass_is_named():
    assert told_place(Backward) == f"the backward pass, SqrtBackward0, {line_of(Backward, '# root')}"


class BrokenParameter(Linear):
    def __init__(self):
        super().__init__()
        with torch.no_grad():
            self.head.bias[1] = math.nan


def test_a_parameter_that_was_not_finite_before_is_named():
    assert told_place(BrokenParameter) == "the parameter 'head.bias', before this step"


def test_pictures_that_are_not_finite_are_named():
    state = begin(Linear(), pictures(), None, PLAIN, Scale((0.5,), (1e-45,)))
    error, _ = failing(state)
    assert "the pictures themselves, before the network" in error.parts["where"]


class TooSure(Linear):
    def forward(self, images):
        return 3e38 * torch.tanh(self.head(images.flatten(1)) * 1e3)


def test_a_loss_that_overflows_is_named():
    # two logits at opposite ends of float32: their difference has no float
    assert told_place(TooSure) == "the loss, cross_entropy"


def test_the_same_dropout_is_drawn_when_the_cause_is_looked_for():
    class Sometimes(Linear):
        def forward(self, images):
            x = self.head(images.flatten(1))
            return x / (0.0 if torch.rand(()) < 0.2 else 1.0)

    state = start(Sometimes, epochs=20.0)
    with pytest.raises(TrainingError) as caught:
        list(train(state))
    assert "the first operation that made it: div in Sometimes" in str(caught.value)


def test_weights_that_are_not_finite_are_never_saved():
    state = start(Tiny)
    with torch.no_grad():
        state.net.head.weight[0, 0] = math.inf
    for write in (lambda: capture(state), lambda: state_dict_bytes(state.net)):
        with pytest.raises(RunError) as caught:
            write()
        assert str(caught.value) == "weights that are not finite are not saved\n  where: head.weight"
    state = start(Tiny)
    state.net.norm.running_mean[1] = math.nan
    with pytest.raises(RunError, match=r"norm\.running_mean"):
        capture(state)


def test_a_mask_of_minus_infinity_in_a_buffer_is_sound():
    class WithMask(Linear):
        def __init__(self):
            super().__init__()
            self.register_buffer("mask", torch.tensor([0.0, -math.inf]))

    capture(start(WithMask))
    state_dict_bytes(WithMask())


class Hungry(Tiny):
    """Has memory for three pictures; counts what it was asked for."""

    asked: ClassVar[list[int]] = []
    room = 3

    def forward(self, images):
        Hungry.asked.append(len(images))
        if len(images) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return super().forward(images)


def test_too_little_memory_tells_the_batch_that_fits():
    Hungry.asked, Hungry.room = [], 3
    state = start(Hungry)
    error, before = failing(state)
    assert str(error) == (
        "the memory of cpu is too small for this batch\n  where: step 1\n  got: batch 8\n"
        "  expected: batch 2 fits\n  hint: --batch 2"
    )
    assert Hungry.asked == [8, 4, 2]
    for name, parameter in state.net.named_parameters():
        assert torch.equal(parameter.detach(), before[name])
    assert isinstance(error.__cause__, torch.OutOfMemoryError)


def test_too_little_memory_for_a_single_picture():
    Hungry.asked, Hungry.room = [], 0
    error, _ = failing(start(Hungry))
    assert error.parts["expected"] == "not even one picture fits"
    assert error.parts["hint"] == "a smaller network or pictures"


def test_what_counts_as_too_little_memory():
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(torch.OutOfMemoryError("x"))
    words = "[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory: you tried"
    assert is_out_of_memory(RuntimeError(words))
    assert is_out_of_memory(RuntimeError("MPS backend out of memory"))
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))


def test_the_memory_of_the_failed_pass_is_free_before_a_smaller_batch_is_tried():
    alive = []

    class Holds(Linear):
        def forward(self, images):
            big = images.clone()  # a local name of a frame that failed
            alive.append([ref() is not None for ref in refs])
            refs.append(weakref.ref(big))
            if len(images) > 2:
                raise MemoryError
            return super().forward(images)

    refs: list = []
    failing(start(Holds))
    assert alive == [[], [False], [False, False]]


def test_a_real_shortage_of_memory_is_told(tmp_path):
    if sys.platform != "linux":
        pytest.skip("RLIMIT_AS is Linux's")
    script = tmp_path / "short.py"
    script.write_text(
        textwrap.dedent(f"""
        import resource, sys
        sys.path[:0] = {[str(Path(__file__).parents[1]), *sys.path]!r}
        import torch
        torch.set_num_threads(1)
        from glassnet.errors import TrainingError
        from glassnet.training.loop import train
        from toys import Linear, start
        class Wide(Linear):
            def forward(self, images):
                rows = images.flatten(1).repeat(1, 500_000)  # 128 MB a picture
                return super().forward(rows[:, :64])
        state = start(Wide)
        used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 700_000_000,) * 2)
        try:
            list(train(state))
        except TrainingError as error:
            print(error)
        """)
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == (
        "the memory of cpu is too small for this batch\n  where: step 1\n  got: batch 8\n"
        "  expected: batch 4 fits\n  hint: --batch 4\n"
    ), done.stderr


def test_what_cannot_be_told_is_not_guessed():
    class Alone(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.BatchNorm1d(64)

        def forward(self, images):
            return self.norm(images.flatten(1))

    # not memory but BatchNorm ends the search: no number is told that was never tried
    batch = torch.zeros(2, 1, 8, 8), torch.zeros(2, dtype=torch.int64)
    assert largest_batch_that_fits(Alone(), *batch, start(Linear).compute) is None


class Puts(Linear):
    """`put` without accumulation: which of two numbers for one place wins is not fixed."""

    def forward(self, images):
        x = super().forward(images)
        return x.put(torch.tensor([0, 0]), torch.ones(2))


def test_strict_names_what_cannot_be_repeated_and_ends_with_the_training():
    assert not torch.are_deterministic_algorithms_enabled()
    error, _ = failing(start(Puts, strict=True))
    assert str(error) == (
        "an operation cannot be repeated to the same bits, which --strict asks for\n  where: put_\n"
        "  hint: --no-strict allows it"
    )
    assert not torch.are_deterministic_algorithms_enabled()
    assert len([e for e in train(start(Puts)) if isinstance(e, Step)]) == 8


def test_the_callers_own_strictness_stays():
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        for strict in (True, False):
            list(train(start(Linear, strict=strict, epochs=0.25)))
            assert torch.are_deterministic_algorithms_enabled()
            assert torch.is_deterministic_algorithms_warn_only_enabled()
    finally:
        torch.use_deterministic_algorithms(False)


def test_strict_gives_the_same_bits_as_not_strict_where_both_can():
    ended = []
    for strict in (True, False):
        state = start(strict=strict)
        list(train(state))
        ended.append(weights_of(state.net))
    assert same_bits(*ended)
