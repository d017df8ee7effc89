"""A trained network is judged on the validation and test splits: the result of the run."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.draw import missing_font
from glassnet.evaluation.forward import forward_split
from glassnet.evaluation.predictions import Predictions
from glassnet.evaluation.scores import score
from glassnet.nets.weights import load_weights, read_weights
from glassnet.run import write_whole
from glassnet.tensorboard.finished import Seen, write_finished
from glassnet.terminal import show_field
from glassnet.terminal.answers import show_scores, spark_line
from glassnet.terminal.progress import show_judging

if TYPE_CHECKING:
    from glassnet.run import Run
    from glassnet.terminal import Terminal
    from glassnet.training.loop import State
    from glassnet.verbs.prepare import Job

WHAT = {
    "test": "test split, which chose nothing",
    "val": "validation split, which chose the weights",
}


def finish(
    job: Job, state: State, run: Run, info: dict[str, Any], began: float, terminal: Terminal
) -> dict[str, Any]:
    """Judge the best weights, leave the network with them in eval mode, and give the result.

    Args:
        job: What was trained.
        state: At the end of the training.
        run: Its predictions are written, and what TensorBoard shows of a finished run.
        info: `run.json` so far.
        began: When the command began, of `time.perf_counter`.
        terminal: Where to.

    Returns:
        `result` of `run.json`.
    """
    net, weights = state.net, run.weights("best")
    tensors, _ = read_weights(weights)
    load_weights(net, tensors, where=weights)
    net.eval()
    accuracies: dict[str, float | None] = {"val": None, "test": None}
    judged: dict[str, Predictions] = {}
    seconds = {"data": 0.0, "train": 0.0, "evaluate": 0.0} | state.seconds
    for name, pictures in (("val", job.splits.val), ("test", job.splits.test)):
        if pictures is None:
            continue
        judging_began = time.perf_counter()
        logits = state.best_logits if name == "val" else None
        if logits is None:
            events = forward_split(net, pictures, state.scale, state.compute)
            logits = show_judging(events, f"judging the {WHAT[name].split(',')[0]}", terminal)
        predictions = Predictions(
            logits.numpy(), pictures.labels, np.asarray(pictures.paths), pictures.classes
        )
        scores = score(predictions.labels, predictions.predicted, predictions.classes)
        seconds["evaluate"] += time.perf_counter() - judging_began
        accuracies[name] = scores.accuracy
        write_whole(run.predictions(name), predictions.to_bytes())
        judged[name] = predictions
        if name == "test" or job.splits.test is None:
            show_scores(scores, WHAT[name], terminal)
    if job.splits.val is None and job.splits.test is None:
        show_field("accuracy", "not measured: there is neither a validation nor a test split", terminal)
    if trouble := missing_font(job.splits.train.classes):
        show_field("note", trouble, terminal)
    splits = {name: pictures for name, pictures in job.splits.named.items() if name in judged}
    seen = Seen(net, state.scale, state.compute, splits or {"train": job.splits.train})
    for trouble in write_finished(run, seen, judged, info=info, step=state.step):
        show_field("note", trouble, terminal)
    seconds["total"] = time.perf_counter() - began
    return _result(state, seconds, accuracies, terminal)


def _result(
    state: State, seconds: dict[str, float], accuracies: dict[str, float | None], terminal: Terminal
) -> dict[str, Any]:
    images = sum(epoch.images for epoch in state.history)
    per_second = images / (seconds["data"] + seconds["train"])
    rest = seconds["total"] - sum(seconds[name] for name in ("data", "train", "evaluate"))
    told = f"{seconds['total']:.1f} s: training {seconds['data'] + seconds['train']:.1f} s"
    told += f" ({per_second:,.0f} pictures/s), evaluation {seconds['evaluate']:.1f} s"
    show_field("time", f"{told}, start, figures and files {max(rest, 0):.1f} s", terminal)
    curve = [e.train_accuracy if e.val_accuracy is None else e.val_accuracy for e in state.history]
    if len(curve) > 1 and (line := spark_line(curve, terminal.text)):
        whose = "training" if state.val is None else "validation"
        ends = f"{100 * curve[0]:.1f} to {100 * curve[-1]:.1f} %"
        show_field("", f"{whose} accuracy by epoch  {line}  {ends}", terminal)
    finished = state.step == state.num_steps
    return {
        "epochs": state.recipe.epochs if finished else len(state.history),
        "steps": state.step,
        "images": images,
        "seconds": {name: round(seconds[name], 3) for name in ("total", "data", "train", "evaluate")},
        "images_per_second": round(per_second, 1),
        "best_epoch": state.best.epoch if state.best else None,
        "val_accuracy": accuracies["val"],
        "test_accuracy": accuracies["test"],
    }
