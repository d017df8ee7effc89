"""TensorBoard's own reader finds what the events said."""

from __future__ import annotations

import io
import math
import time

import numpy as np
import pytest
import torch
from PIL import Image

from glassnet.run import create_run
from glassnet.tensorboard.scalars import histograms, log
from glassnet.training.checkpoint import capture, restore
from glassnet.training.events import Epoch, Step
from glassnet.training.loop import train
from toys import Linear, pictures, start

from read_back import accumulate

VAL = pictures(9, seed=1, split="val")


def read(run):
    accumulator = accumulate(run)
    tags = accumulator.Tags()
    return (
        {tag: [(point.step, point.value) for point in accumulator.Scalars(tag)] for tag in tags["scalars"]},
        {tag: [(image.step, image.encoded_image_string) for image in accumulator.Images(tag)]
         for tag in tags["images"]},
    )  # fmt: skip


def single(value):
    return float(np.float32(value))


def expected(events, *, val=True):
    steps = [event for event in events if isinstance(event, Step)]
    epochs = [event for event in events if isinstance(event, Epoch)]
    points = {
        "step/loss": [(e.step, single(e.loss)) for e in steps],
        "step/accuracy": [(e.step, single(int(e.correct) / e.images)) for e in steps],
        "step/rate": [(e.step, single(e.lr)) for e in steps],
        "step/gradient norm": [(e.step, single(e.grad_norm)) for e in steps],
        "epoch/training loss": [(e.step, single(e.train_loss)) for e in epochs],
        "epoch/training accuracy": [(e.step, single(e.train_accuracy)) for e in epochs],
        "epoch/rate": [(e.step, single(e.lr)) for e in epochs],
    }
    if val:
        points["epoch/validation loss"] = [(e.step, single(e.val_loss)) for e in epochs]
        points["epoch/validation accuracy"] = [(e.step, single(e.val_accuracy)) for e in epochs]
        for number in range(3):
            points[f"validation accuracy per class/{number} class {number}"] = [
                (e.step, single(e.val_class_accuracy[number])) for e in epochs
            ]
    return points


@pytest.mark.parametrize("val", [VAL, None])
def test_every_point_is_the_events(tmp_path, val):
    run = create_run(tmp_path / "run")
    state = start(Linear, val=val, schedule="one-cycle")
    running = log(train(state), state, run)
    events = [next(running)]
    lengths = [float(parameter.detach().double().norm()) for parameter in state.parameters]  # after one step
    events += running
    scalars, images = read(run)
    norms = {tag: scalars.pop(tag) for tag in list(scalars) if " norm" in tag and tag != "step/gradient norm"}
    assert scalars == expected(events, val=val is not None)
    assert set(norms) == {"step/weight norm"} | {
        f"{kind} norm/head.{part}" for kind in ("weight", "gradient") for part in ("weight", "bias")
    }
    assert [step for step, _ in norms["step/weight norm"]] == [1]
    whole = math.sqrt(sum(value**2 for value in lengths))
    assert norms["step/weight norm"][0][1] == pytest.approx(whole, rel=1e-6)
    gradient = state.net.head.weight.grad.double().norm()
    assert norms["gradient norm/head.weight"][-1][1] == pytest.approx(float(gradient), rel=1e-6)
    assert list(images) == ["pictures/as the network sees them"]
    ((step, png),) = images["pictures/as the network sees them"]
    assert step == 0
    figure = Image.open(io.BytesIO(png))
    assert figure.width > 400
    assert np.asarray(figure).std() > 10


def test_long_trainings_keep_a_thousand_points(tmp_path, monkeypatch):
    monkeypatch.setattr("glassnet.tensorboard.scalars.MOST_STEP_POINTS", 3)
    run = create_run(tmp_path / "run")
    state = start(Linear)
    list(log(train(state), state, run))
    assert [step for step, _ in read(run)[0]["step/loss"]] == [2, 4, 6, 8]


def test_a_resumed_training_writes_each_step_once(tmp_path):
    whole = start(Linear, val=VAL)
    events = list(train(whole))
    run = create_run(tmp_path / "run")
    state = start(Linear, val=VAL)
    running = log(train(state), state, run)
    for _ in range(3):
        next(running)
    tensors, facts = capture(state)
    for _ in range(3):  # these steps are lost: no checkpoint has them
        next(running)
    running.close()
    time.sleep(1.1)  # event files are read in the order of the second in their names
    resumed = start(Linear, val=VAL, seed=5)
    restore(resumed, tensors, facts)
    list(log(train(resumed), resumed, run))
    scalars, images = read(run)
    kept = expected(events)
    assert {tag: scalars[tag] for tag in kept} == kept
    for tag in ("step/weight norm", "weight norm/head.weight"):
        steps = [step for step, _ in scalars[tag]]
        assert steps == sorted(set(steps))
    assert len(images["pictures/as the network sees them"]) == 1


def test_logging_changes_nothing_for_the_training(tmp_path):
    plain, logged = [], []
    for steps, wrap in ((plain, False), (logged, True)):
        state = start(flip=True, shift=1)
        events = train(state)
        events = log(events, state, create_run(tmp_path / str(wrap))) if wrap else events
        steps += [float(event.loss) for event in events if isinstance(event, Step)]
    assert plain == logged


def test_histograms_hold_the_weights(tmp_path):
    run = create_run(tmp_path / "run")
    state = start(Linear)
    list(log(train(state), state, run))
    accumulator = accumulate(run)
    assert accumulator.Tags()["histograms"] == [
        f"{kind}s/head.{part}" for part in ("weight", "bias") for kind in ("weight", "gradient")
    ]
    last = accumulator.Histograms("weights/head.weight")[-1]
    weights = state.net.head.weight.detach().double()
    assert last.step == state.step
    assert last.histogram_value.num == 192
    assert last.histogram_value.min == float(weights.min())
    assert last.histogram_value.max == float(weights.max())
    assert last.histogram_value.sum == pytest.approx(float(weights.sum()), abs=1e-4)
    assert sum(last.histogram_value.bucket) == 192


def test_a_large_tensor_is_sampled_evenly(tmp_path):
    state = start(Linear)
    state.net.big = torch.nn.Parameter(torch.arange(10_000.0))
    values = {value.tag: value for value in histograms(state).value}
    assert values["weights/big"].histo.num == 2000
    assert (values["weights/big"].histo.min, values["weights/big"].histo.max) == (0, 9999)
    assert values["weight norm/big"].simple_value == pytest.approx(np.linalg.norm(np.arange(10_000.0)))


def test_names_of_classes_keep_their_order_and_one_line(tmp_path):
    names = [f"猫\t{number}\n" for number in range(23)]
    val = pictures(200, seed=1, classes=23, split="val", names=names)
    run = create_run(tmp_path / "run")
    train_on = pictures(60, classes=23, names=names)
    state = start(lambda: Linear(classes=23), train=train_on, val=val, epochs=1.0)
    list(log(train(state), state, run))
    tags = [tag for tag in read(run)[0] if tag.startswith("validation accuracy per class/")]
    assert tags == [f"validation accuracy per class/{number} 猫 {number}" for number in range(20)]
