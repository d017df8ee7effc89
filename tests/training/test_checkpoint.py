"""Stopping and going on: the same bits, wherever it stopped; and checkpoints that cannot be used."""

from __future__ import annotations

import json
import random
import resource
import struct
from dataclasses import replace
from itertools import chain

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from glassnet import __version__
from glassnet.errors import RunError
from glassnet.evaluation import forward as forward_module
from glassnet.training import checkpoint
from glassnet.training.checkpoint import capture, machine, restore
from glassnet.training.events import Finished
from glassnet.training.loop import train
from toys import Linear, Tiny, pictures, same_bits, seed_all, start, told, weights_of

VAL = pictures(9, seed=1, split="val")


class Noisy(Tiny):
    """Draws from every global generator, in eval mode too."""

    def forward(self, images):
        noise = random.random() + float(np.random.rand()) + float(np.random.standard_normal())
        noise += random.gauss(0, 1) + float(torch.rand(()))
        return super().forward(images + 0.1 * noise)


class Counting(Linear):
    """Keeps a buffer that its `state_dict` leaves out."""

    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros(()), persistent=False)

    def forward(self, images):
        if self.training:
            self.calls += 1
        return super().forward(images) * (1 + 0.1 * self.calls)


class Tied(nn.Module):
    """Two layers with one weight."""

    def __init__(self):
        super().__init__()
        self.one, self.other, self.head = nn.Linear(64, 64), nn.Linear(64, 64), nn.Linear(64, 3)
        self.other.weight = self.one.weight

    def forward(self, images):
        return self.head(self.other(torch.relu(self.one(images.flatten(1)))))


CASES = {
    "sgd": (Tiny, {}),
    "nesterov": (Tiny, {"optimizer": "nesterov", "flip": True, "shift": 2}),
    "adam": (Tiny, {"optimizer": "adam", "ema": 0.9}),
    "adamw": (Noisy, {"optimizer": "adamw", "clip": 0.5, "cutout": 2}),
    "muon": (Tiny, {"optimizer": "muon", "memory_format": "channels-last", "schedule": "one-cycle"}),
    "mixup": (Tiny, {"mixup": 0.4, "label_smoothing": 0.1, "precision": "bfloat16"}),
    "cutmix": (Tiny, {"cutmix": 1.0, "class_weights": "balanced", "ema": 0.5}),
    "noisy": (Noisy, {"ema": 0.5, "optimizer": "muon"}),
    "early": (Noisy, {"early_stop": 1, "epochs": 5.0}),
    "fraction": (Tiny, {"epochs": 1.6, "schedule": "step", "warmup": 0.3}),
    "buffer": (Counting, {}),
    "tied": (Tied, {"optimizer": "adam"}),
}


def figures(state):
    return [replace(epoch, seconds=0.0) for epoch in state.history]


def without_judging(events):
    return [event for event in events if event[0] != "judging"]


def everything(state):
    tensors = {f"net/{name}": tensor for name, tensor in checkpoint._tensors_of(state.net).items()}
    if state.average is not None:
        tensors |= {f"average/{name}": t for name, t in checkpoint._tensors_of(state.average).items()}
    tensors |= checkpoint._optimizer_tensors(state)
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("closed", [False, True])
def test_from_any_event_on_the_bits_are_the_same(name, closed, monkeypatch):
    monkeypatch.setattr(forward_module, "BATCH_BYTES", 5 * 64 * 4)  # a validation is two `Judging` events
    kind, fields = CASES[name]
    whole = start(kind, val=VAL, **fields)
    events = [told(event) for event in train(whole)]
    for stop in range(len(events)):
        stopped = start(kind, val=VAL, **fields)
        running = train(stopped)
        for _ in range(stop):
            next(running)
        if closed:
            running.close()
        tensors, facts = capture(stopped)
        facts = json.loads(json.dumps(facts))
        del running
        resumed = start(kind, val=VAL, seed=stop + 77, **fields)  # other weights, other random numbers
        assert restore(resumed, tensors, facts) == []
        after = [told(event) for event in train(resumed)]
        # an evaluation that was cut off begins anew; the rest follows
        assert without_judging(after) == without_judging(events[stop:]), stop
        assert same_bits(everything(resumed), everything(whole)), stop
        assert figures(resumed) == figures(whole), stop


def test_a_finished_training_ends_at_once_when_it_is_resumed():
    state = start(val=VAL)
    list(train(state))
    resumed = start(val=VAL)
    restore(resumed, *capture(state))
    assert list(train(resumed)) == [Finished(8, early=False)]
    assert same_bits(weights_of(state.net), weights_of(resumed.net))


def test_no_picture_is_repeated_or_skipped_across_a_stop(monkeypatch):
    from glassnet.training import loop

    seen = []
    real = loop._take_step

    def noted(state, feed):
        batch = next(feed)
        seen.append(batch.indices.tolist())
        return real(state, iter([batch]))

    monkeypatch.setattr(loop, "_take_step", noted)
    state = start(Linear)
    running = train(state)
    for _ in range(3):
        next(running)
    resumed = start(Linear, seed=5)
    restore(resumed, *capture(state))
    list(train(resumed))
    first, second = list(chain(*seen[:4])), list(chain(*seen[4:]))
    assert sorted(first) == sorted(second) == list(range(30))
    assert first != second


def test_capturing_changes_nothing():
    state = start(Noisy, ema=0.5, optimizer="adam")
    running = train(state)
    next(running)
    before = everything(state), torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    tensors, facts = capture(state)
    assert same_bits(before[0], everything(state))
    assert torch.equal(before[1], torch.get_rng_state())
    assert before[2] == random.getstate()
    assert before[3] == np.random.get_state()[1].tolist()
    next(running)
    assert capture(state)[0] != tensors
    assert facts["step"] == 1  # a copy, which the training does not move on


def test_the_file_is_plain_safetensors_and_the_facts_are_json():
    tensors, facts = capture(start(ema=0.5))
    names = set(safetensors.torch.load(tensors))
    assert {"net/conv.weight", "net/norm.num_batches_tracked", "average/module.conv.weight"} <= names
    assert json.loads(json.dumps(facts)) == facts


def refused(state, tensors, facts):
    with pytest.raises(RunError) as caught:
        restore(state, tensors, facts)
    assert caught.value.what == "the checkpoint does not fit this network and recipe"
    return caught.value.parts["got"]


class Other(Linear):
    def __init__(self):
        super().__init__(classes=3)
        self.more = nn.Linear(2, 2)


POSITION = "step 3 after 0 judged epochs, 24 pictures seen since; an epoch has "
ONLY = "only in the checkpoint: none; only in the network: "


class Wider(Linear):
    def __init__(self):
        super().__init__(classes=4)


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        (Other, {}, ONLY + "more.bias, more.weight"),
        (Wider, {}, "head.weight is float32 (3, 64), now float32 (4, 64)"),
        (Linear, {"optimizer": "adam"}, "optimizers ['SGD'], now ['Adam']"),
        (Linear, {"batch": 30}, POSITION + "1 steps, the training 2"),
        (Linear, {"batch": 4}, POSITION + "8 steps, the training 16"),
        (Linear, {"ema": 0.5}, ONLY + "module.head.bias, module.head.weight, n_averaged"),
    ],
)  # fmt: skip
def test_a_checkpoint_of_another_training_by_its_words(kind, fields, words):
    state = start(Linear)
    running = train(state)
    for _ in range(3):
        next(running)
    assert refused(start(kind, **fields), *capture(state)) == words


@pytest.mark.parametrize(
    "hostile",
    [
        {"step": -1}, {"step": 10**30}, {"step": 1.5}, {"step": "3"}, {"step": None},
        {"seen": 7}, {"seen": "x"},
        {"history": 5}, {"history": [{}]}, {"history": [{"epoch": 1}] * 3}, {"seconds": 7}, {"numpy": {}},
        {"numpy": {"pos": 10**30, "has_gauss": 0, "gauss": 0.0}}, {"python": {"version": 9, "gauss": None}},
        {"python": []}, {"machine": 3}, {"optimizers": None},
    ],
)  # fmt: skip
def test_hostile_facts_are_an_error_of_ours(hostile):
    state = start(Linear)
    running = train(state)
    for _ in range(3):
        next(running)
    tensors, facts = capture(state)
    refused(start(Linear), tensors, facts | hostile)


@pytest.mark.parametrize(
    "key", ["step", "seen", "history", "seconds", "numpy", "python", "machine", "optimizers"]
)
def test_facts_that_are_missing_are_named(key):
    tensors, facts = capture(start(Linear))
    del facts[key]
    assert refused(start(Linear), tensors, facts) == f"no '{key}'"


def header_of(entries, data=b""):
    text = json.dumps(entries).encode()
    return struct.pack("<Q", len(text)) + text + data


HUGE = 1 << 40


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\x80\x04\x95", b"\x00" * 8, struct.pack("<Q", 1 << 62) + b"{}",
        header_of({"net/head.weight": {"dtype": "F32", "shape": [HUGE], "data_offsets": [0, 4 * HUGE]}}),
        header_of({"net/head.weight": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}, b"0000"),
        header_of({"net/head.weight": {"dtype": "F99", "shape": [1], "data_offsets": [0, 4]}}, b"0000"),
        header_of({"net/head.weight": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, b"0000"),
        header_of({}), b"PK\x03\x04" + b"x" * 100,
    ],
)  # fmt: skip
def test_hostile_tensors_are_an_error_and_take_no_memory(content):
    _, facts = capture(start(Linear))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused(start(Linear), content, facts)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kilobytes


def changed(tensors, **others):
    return safetensors.torch.save({**safetensors.torch.load(tensors), **others})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("optimizer/0/0/momentum_buffer", torch.zeros(7)), ("optimizer/5/0/momentum_buffer", torch.zeros(3)),
        ("optimizer/0/99/momentum_buffer", torch.zeros(3)), ("optimizer/x", torch.zeros(3)),
        ("random/torch", torch.zeros(3)), ("random/numpy", torch.zeros(2, dtype=torch.int64)),
        ("random/python", torch.zeros(2, dtype=torch.int64)), ("sums/correct", torch.zeros(2)),
    ],
)  # fmt: skip
def test_tensors_that_do_not_fit_are_an_error(name, value):
    state = start(Linear)
    running = train(state)
    next(running)
    tensors, facts = capture(state)
    refused(start(Linear), changed(tensors, **{name: value}), facts)


def test_another_machine_is_told(monkeypatch):
    tensors, facts = capture(start(Linear))
    assert restore(start(Linear), tensors, facts) == []
    monkeypatch.setattr(torch, "get_num_threads", lambda: 16)
    monkeypatch.setattr(torch, "__version__", "9.9")
    assert restore(start(Linear), tensors, facts) == [
        f"torch: {facts['machine']['torch']}, now 9.9",
        f"threads: {facts['machine']['threads']}, now 16",
    ]
    del facts["machine"]["processor"]
    assert restore(start(Linear), tensors, facts)[1] == f"processor: None, now {machine()['processor']}"


def test_the_machine_is_plain_data():
    facts = machine()
    assert json.loads(json.dumps(facts)) == facts
    assert facts["glassnet"] == __version__
    assert list(facts) == ["glassnet", "torch", "numpy", "processor", "threads", "cuda"]
    seed_all(0)
