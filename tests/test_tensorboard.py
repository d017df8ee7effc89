"""TensorBoard's own reader finds what the events said."""

from __future__ import annotations

import io
import time
import warnings

import numpy as np
import pytest
import torch
from PIL import Image

from glassnet.evaluation.predictions import Predictions
from glassnet.run import create_run
from glassnet.tensorboard import log, log_predictions
from glassnet.training.checkpoint import capture, restore
from glassnet.training.events import Epoch, Step
from glassnet.training.loop import train
from toys import Linear, pictures, start

VAL = pictures(9, seed=1, split="val")


def read(run):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TensorBoard's own
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        accumulator = EventAccumulator(str(run.path / "tensorboard"), {"scalars": 0, "images": 0})
        accumulator.Reload()
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
    return points


@pytest.mark.parametrize("val", [VAL, None])
def test_every_point_is_the_events(tmp_path, val):
    run = create_run(tmp_path / "run")
    state = start(Linear, val=val, schedule="one-cycle")
    events = list(log(train(state), state, run))
    scalars, images = read(run)
    assert scalars == expected(events, val=val is not None)
    assert list(images) == ["pictures/as the network sees them"]
    ((step, png),) = images["pictures/as the network sees them"]
    assert step == 0
    figure = Image.open(io.BytesIO(png))
    assert figure.width > 400
    assert np.asarray(figure).std() > 10


def test_long_trainings_keep_a_thousand_points(tmp_path, monkeypatch):
    from glassnet import tensorboard

    monkeypatch.setattr(tensorboard, "MOST_STEP_POINTS", 3)
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
    assert scalars == expected(events)
    assert len(images["pictures/as the network sees them"]) == 1


def test_logging_changes_nothing_for_the_training(tmp_path):
    plain, logged = [], []
    for steps, wrap in ((plain, False), (logged, True)):
        state = start(flip=True, shift=1)
        events = train(state)
        events = log(events, state, create_run(tmp_path / str(wrap))) if wrap else events
        steps += [float(event.loss) for event in events if isinstance(event, Step)]
    assert plain == logged


def test_predictions_are_a_figure(tmp_path):
    run = create_run(tmp_path / "run")
    source = pictures(50, split="test")
    logits = torch.nn.functional.one_hot(torch.from_numpy(source.labels), 3).float().numpy()
    predictions = Predictions(logits, source.labels, np.asarray(source.paths), source.classes)
    log_predictions(run, source, predictions, 7)
    ((step, png),) = read(run)[1]["predictions/test"]
    assert step == 7
    assert np.asarray(Image.open(io.BytesIO(png))).std() > 10
