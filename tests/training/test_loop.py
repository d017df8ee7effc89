"""The training loop against a plain one written here, and the walls that a refactor may not move."""

from __future__ import annotations

import inspect
import random
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.utils.class_weight import compute_class_weight
from torch import nn

import glassnet
from glassnet.errors import TrainingError
from glassnet.evaluation import forward as forward_module
from glassnet.evaluation.forward import Judging
from glassnet.training.batches import batch_starts, plan_epoch
from glassnet.training.events import Epoch, Finished, Step
from glassnet.training.loop import balanced_weights, begin, train
from toys import HALF, PLAIN, Linear, Tiny, pictures, same_bits, seed_all, start, told, weights_of


def losses(events):
    return [float(event.loss) for event in events if isinstance(event, Step)]


GOLDEN = {
    "plain": [
        1.50165701,
        1.06733012,
        0.92731607,
        1.11251295,
        0.523233533,
        0.664567053,
        0.166917875,
        0.087797612,
    ],
    "everything": [
        1.38948548,
        1.1547066,
        1.33709097,
        0.97298962,
        1.13487411,
        1.07184887,
        1.08233726,
        1.17529905,
    ],
}


def plain_loop(kind, source, recipe, num_steps, optimizer_of, *, schedule=lambda step: 1.0, weights=None):
    """Train as a tutorial does: no part of glassnet but the order of the pictures."""
    seed_all(0)
    net = kind()
    net.train()
    optimizer = optimizer_of(net)
    starts = batch_starts(len(source), recipe.batch)
    told_losses, step, epoch = [], 0, 0
    while step < num_steps:
        epoch += 1
        order = plan_epoch(recipe, len(source), epoch).order.numpy()
        for begin_, end in pairwise(starts):
            if step == num_steps:
                break
            rows = order[begin_:end]
            images = torch.from_numpy(source.images[rows]).permute(0, 3, 1, 2).float()
            images = images * (1 / 127.5) - 1
            for group in optimizer.param_groups:
                group["lr"] = recipe.lr * schedule(step)
            optimizer.zero_grad()
            labels = torch.from_numpy(source.labels[rows])
            loss = F.cross_entropy(net(images), labels, weights, label_smoothing=recipe.label_smoothing)
            loss.backward()
            if recipe.clip:
                nn.utils.clip_grad_norm_(net.parameters(), recipe.clip)
            optimizer.step()
            told_losses.append(loss.item())
            step += 1
    return told_losses, net


def groups(net, decay):
    return [
        {"params": [p for p in net.parameters() if p.ndim > 1], "weight_decay": decay},
        {"params": [p for p in net.parameters() if p.ndim == 1], "weight_decay": 0.0},
    ]


OPTIMIZERS = {
    "sgd": lambda net: torch.optim.SGD(groups(net, 0.01), lr=1.0, momentum=0.9, fused=True),
    "nesterov": lambda net: torch.optim.SGD(
        groups(net, 0.01), lr=1.0, momentum=0.9, nesterov=True, fused=True
    ),
    "adam": lambda net: torch.optim.Adam(groups(net, 0.01), lr=1.0, betas=(0.9, 0.999), fused=True),
    "adamw": lambda net: torch.optim.AdamW(groups(net, 0.01), lr=1.0, betas=(0.9, 0.999), fused=True),
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("kind", [Linear, Tiny])
def test_the_loop_is_a_plain_loop_bit_for_bit(optimizer, kind):
    source = pictures(29)
    state = start(kind, train=source, optimizer=optimizer, lr=0.02)
    events = list(train(state))
    expected, net = plain_loop(kind, source, state.recipe, 8, OPTIMIZERS[optimizer])
    assert losses(events) == expected
    assert same_bits(weights_of(state.net), weights_of(net))


@pytest.mark.parametrize(
    ("fields", "weights"),
    [
        ({"label_smoothing": 0.2}, None),
        ({"clip": 0.05}, None),
        ({"class_weights": "balanced"}, [30 / (3 * 20), 30 / (3 * 8), 30 / (3 * 2)]),
        ({"class_weights": "balanced", "label_smoothing": 0.1, "clip": 0.5}, [0.5, 1.25, 5.0]),
    ],
)
def test_loss_and_clipping_are_those_of_torch(fields, weights):
    source = pictures(30, labels=[0] * 20 + [1] * 8 + [2] * 2)
    state = start(Linear, train=source, **fields)
    events = list(train(state))
    given = None if weights is None else torch.tensor(weights)
    expected, net = plain_loop(Linear, source, state.recipe, 8, OPTIMIZERS["sgd"], weights=given)
    assert losses(events) == pytest.approx(expected, rel=1e-6)
    for name, tensor in weights_of(net).items():
        assert torch.allclose(state.net.state_dict()[name], tensor, atol=1e-6)


@pytest.mark.parametrize(
    ("schedule", "share"),
    [
        ("cosine", lambda step: 0.5 * (1 + np.cos(np.pi * step / 8))),
        ("one-cycle", lambda step: 1 - step / 8),
        ("step", lambda step: 0.5 ** (step // 4)),
    ],
)
def test_the_rate_of_each_step_is_the_schedules(schedule, share):
    source = pictures(30)
    state = start(Linear, train=source, schedule=schedule)
    events = list(train(state))
    expected, _ = plain_loop(Linear, source, state.recipe, 8, OPTIMIZERS["sgd"], schedule=share)
    assert losses(events) == pytest.approx(expected, rel=1e-6)
    told_rates = [event.lr for event in events if isinstance(event, Step)]
    assert told_rates == pytest.approx([PLAIN.lr * share(step) for step in range(8)])


WALL = {
    "plain": {},
    "everything": {
        "optimizer": "muon", "lr": 0.1, "momentum": 0.85, "schedule": "one-cycle", "warmup": 0.2,
        "label_smoothing": 0.1, "class_weights": "balanced", "flip": True, "shift": 1, "cutout": 2,
        "mixup": 0.2, "ema": 0.5, "clip": 1.0, "memory_format": "channels-last",
    },
}  # fmt: skip


@pytest.mark.parametrize("name", WALL)
def test_the_sequence_of_losses_stays(name):
    # on another processor the last bits differ, so six digits are compared
    state = start(val=pictures(9, seed=1, split="val"), **WALL[name])
    assert losses(train(state)) == pytest.approx(GOLDEN[name], rel=1e-5)


def test_the_same_seed_gives_the_same_bits_and_another_one_others():
    runs = []
    for seed in (0, 0, 1):
        state = start(seed=seed, val=pictures(9, seed=1, split="val"), **WALL["everything"])
        state = replace(state, recipe=replace(state.recipe, seed=seed))
        runs.append(([told(event) for event in train(state)], weights_of(state.net)))
    assert runs[0][0] == runs[1][0]
    assert same_bits(runs[0][1], runs[1][1])
    assert runs[0][0] != runs[2][0]
    assert not same_bits(runs[0][1], runs[2][1])


def test_judging_changes_nothing_for_the_training():
    class Noisy(Linear):
        def forward(self, images):
            noise = torch.rand(3) + torch.tensor([np.random.rand(), random.random(), 0.0])
            return super().forward(images) + noise

    runs = []
    for val in (pictures(9, seed=1, split="val"), None):
        state = start(Noisy, val=val)
        runs.append((losses(train(state)), weights_of(state.net)))
    assert runs[0][0] == runs[1][0]
    assert same_bits(runs[0][1], runs[1][1])


@pytest.mark.parametrize(
    ("epochs", "steps", "judged_at"),
    [(2.0, 8, [4, 8]), (1.5, 6, [4, 6]), (0.25, 1, [1]), (0.01, 1, [1]), (1.1, 4, [4]), (2.25, 9, [4, 8, 9])],
)
def test_fractions_of_an_epoch(epochs, steps, judged_at):
    state = start(Linear, epochs=epochs)
    events = list(train(state))
    assert sum(isinstance(event, Step) for event in events) == steps
    ends = [event for event in events if isinstance(event, Epoch)]
    assert [event.step for event in ends] == judged_at
    assert [event.epoch for event in ends] == list(range(1, len(ends) + 1))
    assert events[-1] == Finished(steps, early=False)
    assert sum(event.images for event in ends) == sum(e.images for e in events if isinstance(e, Step))


def test_events_in_their_order_and_the_figures_of_an_epoch(monkeypatch):
    monkeypatch.setattr(forward_module, "BATCH_BYTES", 4 * 64 * 4)  # four pictures at a time
    val = pictures(9, seed=1, split="val")
    state = start(Linear, val=val, epochs=1.0)
    events = list(train(state))
    assert [type(event) for event in events] == [Step] * 4 + [Judging] * 3 + [Epoch, Finished]
    assert [(e.done, e.total) for e in events if isinstance(e, Judging)] == [(4, 9), (8, 9), (9, 9)]
    steps, epoch = events[:4], events[-2]
    images = [step.images for step in steps]
    assert images == [8, 8, 8, 6]
    mean = sum(float(step.loss) * n for step, n in zip(steps, images, strict=True)) / 30
    assert epoch.train_loss == pytest.approx(mean, rel=1e-6)
    assert epoch.train_accuracy == sum(int(step.correct) for step in steps) / 30
    logits = state.net(HALF.apply(val.images)).detach()
    labels = torch.from_numpy(val.labels)
    assert epoch.val_loss == pytest.approx(F.cross_entropy(logits, labels).item(), rel=1e-5)
    assert epoch.val_accuracy == (logits.argmax(1) == labels).double().mean().item()
    assert state.seconds.keys() == {"data", "train", "evaluate"}
    assert all(seconds > 0 for seconds in state.seconds.values())


def test_without_a_validation_split_the_last_epoch_is_the_best():
    state = start(Linear, epochs=3.0)
    epochs = [event for event in train(state) if isinstance(event, Epoch)]
    assert [(e.val_loss, e.val_accuracy, e.best) for e in epochs] == [(None, None, True)] * 3
    assert state.best == epochs[-1]


class Judged(Linear):
    """A net whose validation accuracy is prescribed: of ten pictures of class 0, so many are told right."""

    right: tuple[int, ...] = ()
    epoch = 0

    def forward(self, images):
        logits = super().forward(images)
        if self.training:
            return logits
        answers = torch.ones(len(images), dtype=torch.int64)
        answers[: self.right[self.epoch]] = 0
        Judged.epoch += 1
        return F.one_hot(answers, 3).float()


def judged(right, **fields):
    Judged.right, Judged.epoch = tuple(right), 0
    val = pictures(10, labels=[0] * 10, split="val")
    state = start(Judged, val=val, epochs=float(len(right)), **fields)
    return state, list(train(state))


def test_the_best_epoch_has_the_highest_validation_accuracy_and_of_equals_the_last_is_kept():
    state, events = judged([3, 5, 5, 4, 5, 2])
    assert [e.best for e in events if isinstance(e, Epoch)] == [True, True, True, False, True, False]
    assert state.best is not None
    assert state.best.epoch == 5


@pytest.mark.parametrize(
    ("right", "patience", "epochs"),
    [
        ([3, 5, 4, 4, 9, 9], 2, 4),
        ([3, 5, 5, 5, 5, 5], 2, 4),  # the same accuracy again is no better one
        ([0, 0, 0, 0, 0, 0], 3, 4),
        ([1, 2, 3, 4, 5, 6], 1, 6),
        ([6, 5, 4, 3, 2, 1], 0, 6),
    ],
)
def test_early_stop_waits_for_a_better_accuracy(right, patience, epochs):
    state, events = judged(right, early_stop=patience)
    assert len(state.history) == epochs
    assert events[-1] == Finished(4 * epochs, early=epochs < 6)


def test_early_stop_does_nothing_without_validation():
    state = start(Linear, epochs=3.0, early_stop=1)
    assert list(train(state))[-1] == Finished(12, early=False)


def test_the_average_is_the_exponential_moving_average_and_is_what_is_judged():
    val = pictures(40, seed=1, split="val")
    state = start(Tiny, val=val, ema=0.75, epochs=1.0)
    expected: dict[str, torch.Tensor] = {}
    for event in train(state):
        if isinstance(event, Step):
            now = {name: t.double() for name, t in weights_of(state.net).items() if t.is_floating_point()}
            for name, tensor in now.items():
                old = expected.get(name, tensor)
                expected[name] = 0.75 * old + 0.25 * tensor
    average = state.judged.state_dict()
    assert state.judged is not state.net
    for name, tensor in expected.items():
        assert torch.allclose(average[name].double(), tensor, atol=1e-6), name
    seen = state.judged.eval()(HALF.apply(val.images)).detach()
    accuracy = (seen.argmax(1) == torch.from_numpy(val.labels)).double().mean().item()
    assert state.history[-1].val_accuracy == accuracy
    assert not same_bits(weights_of(state.net), weights_of(state.judged))


def test_balanced_weights_are_scikit_learns_and_classes_without_pictures_weigh_nothing():
    labels = np.array([0] * 20 + [2] * 5 + [4])
    ours = balanced_weights(labels, 6).numpy()
    expected = compute_class_weight("balanced", classes=np.array([0, 2, 4]), y=labels)
    assert ours[[0, 2, 4]] == pytest.approx(expected, rel=1e-6)
    assert ours[[1, 3, 5]].tolist() == [0, 0, 0]


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_a_class_without_training_pictures_does_no_harm(smoothing):
    source = pictures(20, labels=[0, 2] * 10)
    state = start(Linear, train=source, class_weights="balanced", label_smoothing=smoothing)
    assert np.isfinite(losses(train(state))).all()


HOME = str(Path(glassnet.__file__).parent)


class Watcher(Linear):
    frames: ClassVar[list[str]] = []

    def forward(self, images):
        if self.training:
            files = [frame.filename for frame in inspect.stack(0)]
            Watcher.frames = [file for file in files if file.startswith(HOME)]
        return super().forward(images)


def test_at_most_four_frames_of_ours_lie_above_a_networks_forward():
    list(train(start(Watcher, epochs=0.25)))
    assert 1 <= len(Watcher.frames) <= 4


@pytest.mark.parametrize("strict", [False, True])
def test_no_event_is_given_inside_a_context_of_torch(strict):
    val = pictures(9, seed=1, split="val")
    state = start(val=val, precision="bfloat16", ema=0.5, strict=strict)
    torch.backends.cudnn.benchmark = True
    count = 0
    for _ in train(state):
        count += 1
        assert not torch.is_autocast_enabled("cpu")
        assert not torch.is_inference_mode_enabled()
        assert torch.is_grad_enabled()
        assert not torch.are_deterministic_algorithms_enabled()
        assert torch.backends.cudnn.benchmark
        assert not torch.is_anomaly_enabled()
    torch.backends.cudnn.benchmark = False
    assert count == 8 + 2 + 2 + 1


def test_bfloat16_is_used_in_products_only():
    kinds = []

    class Looks(Tiny):
        def forward(self, images):
            kinds.append((images.dtype, self.conv(images).dtype))
            return super().forward(images)

    state = start(Looks, precision="bfloat16")
    events = list(train(state))
    assert set(kinds) == {(torch.float32, torch.bfloat16)}
    assert all(event.loss.dtype == torch.float32 for event in events if isinstance(event, Step))
    assert all(p.dtype == torch.float32 for p in state.net.parameters())
    exact = losses(train(start(Looks)))
    assert losses(events) == pytest.approx(exact, rel=0.05)
    assert losses(events) != exact


def test_memory_format_reaches_the_network():
    orders = set()

    class Looks(Tiny):
        def forward(self, images):
            orders.add((images.is_contiguous(memory_format=torch.channels_last), self.conv.weight.stride()))
            return super().forward(images)

    list(train(start(Looks, train=pictures(30, size=(8, 8)), memory_format="channels-last", epochs=0.25)))
    assert {order for order, _ in orders} == {True}


def test_modes_are_back_after_judging_and_the_net_trains_in_train_mode():
    state = start(val=pictures(9, seed=1, split="val"))
    state.net.eval()
    for event in train(state):
        if not isinstance(event, Judging):
            assert all(module.training for module in state.net.modules())


def test_a_network_with_nothing_to_train():
    net = Linear().requires_grad_(False)
    with pytest.raises(TrainingError) as caught:
        begin(net, pictures(), None, PLAIN, HALF)
    assert str(caught.value) == (
        "the network has nothing to train\n  where: Linear\n  got: no parameter that requires a gradient\n"
        "  hint: glassnet evaluates such networks, but cannot train them"
    )


def test_a_network_with_state_that_is_no_tensor():
    class Extra(Linear):
        def get_extra_state(self):
            return {"calls": 1}

        def set_extra_state(self, state):
            pass

    with pytest.raises(TrainingError) as caught:
        begin(Extra(), pictures(), None, PLAIN, HALF)
    assert str(caught.value) == (
        "the network has state that cannot be saved\n  where: _extra_state\n  got: dict\n"
        "  expected: parameters and buffers: a run keeps tensors, never pickles"
    )


@pytest.mark.parametrize("count", [1, 2, 9, 17])
def test_few_pictures_and_batchnorm(count):
    state = start(Tiny if count > 1 else Linear, train=pictures(count), epochs=2.0)
    assert np.isfinite(losses(train(state))).all()


def test_a_mistake_inside_the_network_is_the_persons_own_error():
    class Wrong(Linear):
        def forward(self, images):
            return self.head(images)  # forgot to flatten

    with pytest.raises(RuntimeError, match="mat1 and mat2") as caught:
        list(train(start(Wrong)))
    assert caught.value.__cause__ is None


def test_steps_are_without_onednn_where_the_recipe_says_so_and_judging_is_as_it_was():
    weights = []
    for onednn in (False, True):
        state = start(Tiny, val=pictures(8), onednn=onednn)
        seen = {type(event).__name__: torch.backends.mkldnn.enabled for event in train(state)}
        assert seen == {"Step": onednn, "Judging": True, "Epoch": True, "Finished": True}
        weights.append(weights_of(state.net))
    for name, weight in weights[0].items():
        torch.testing.assert_close(weight, weights[1][name], rtol=1e-3, atol=1e-5)


def test_the_norm_of_a_step_is_that_of_pytorch():
    state = start(Tiny)
    step = next(train(state))
    norm = torch.nn.utils.get_total_norm([p.grad for p in state.net.parameters()])
    assert torch.equal(step.grad_norm, norm)


def test_a_loss_that_depends_on_no_parameter_moves_none():
    class Beside(Linear):
        def __init__(self):
            super().__init__()
            self.scale = torch.ones(3, requires_grad=True)  # no nn.Parameter

        def forward(self, images):
            return self.scale * super().forward(images).detach()

    state = start(Beside)
    before = weights_of(state.net)
    assert float(next(train(state)).grad_norm) == 0
    assert same_bits(before, weights_of(state.net))


def test_steps_have_their_threads_and_judging_those_of_the_process():
    before = torch.get_num_threads()
    state = start(Linear, val=pictures(8), threads=before + 1)
    told_threads = {type(event).__name__: torch.get_num_threads() for event in train(state)}
    assert told_threads == {"Step": before + 1, "Judging": before, "Epoch": before, "Finished": before}
    running = train(start(Linear, threads=before + 1))
    next(running)
    assert torch.get_num_threads() == before + 1
    running.close()
    assert torch.get_num_threads() == before
