"""`train`: from pictures to a tested classifier."""

from __future__ import annotations

import signal
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet import tensorboard
from glassnet.draw import missing_font
from glassnet.errors import GlassnetError, RunError, UsageError
from glassnet.evaluation.forward import forward_split
from glassnet.evaluation.predictions import Predictions
from glassnet.evaluation.scores import score
from glassnet.nets.weights import load_weights, read_weights
from glassnet.run import Run, create_run, locked, open_run, read_checkpoint, write_json, write_whole
from glassnet.terminal import (
    Terminal,
    open_terminal,
    quoted,
    show_field,
    show_judging,
    show_next,
    show_scores,
    show_training,
    spark_line,
)  # fmt: skip
from glassnet.training.checkpoint import restore
from glassnet.training.keep import keep, save
from glassnet.training.loop import State, begin
from glassnet.training.loop import train as train_events
from glassnet.training.recipe import Recipe, check, from_table, over, to_toml
from glassnet.verbs.prepare import Job, changes, describe, prepare, read_recipe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

    from glassnet.pictures.pictures import Pictures
    from glassnet.verbs.source import Source


class InterruptedTrainingError(GlassnetError):
    """A training was asked to stop, and was saved."""

    exit_code = 130


def train(
    net: nn.Module | str | None = None,
    source: Source | None = None,
    *,
    recipe: Recipe | str | Path | None = None,
    epochs: float | None = None,
    batch: int | None = None,
    lr: float | None = None,
    seed: int | None = None,
    val: float | None = None,
    weights: str | Path | None = None,
    out: str | Path | None = None,
    resume: Run | str | Path | None = None,
    accept_changes: bool = False,
    data_dir: str | Path | None = None,
    terminal: Terminal | None = None,
) -> Run:
    """Train a network on pictures, test it, and write everything into a run folder.

    Args:
        net: Any `nn.Module`, trained in place and left with the best weights; or a NET of the command line;
            None for the recipe's, or glassnet's own.
        source: A SOURCE of the command line, or `Pictures`; None for `fashion-mini`.
        recipe: A `Recipe`, the name of a shipped one, or a TOML file; what it leaves open is chosen.
        epochs: Over the recipe's.
        batch: Over the recipe's, pictures.
        lr: Over the recipe's.
        seed: Over the recipe's.
        val: Over the recipe's, 0..0.9.
        weights: A weights file to start from.
        out: The run folder; None for one in `runs`, named after the time.
        resume: A run to go on with, to the same bits as if it had never stopped.
        accept_changes: Go on although pictures, network or recipe have changed.
        data_dir: Where data sets are looked for first.
        terminal: Where texts and progress go; None for standard error.

    Returns:
        The run; `run.info["result"]` holds the figures.

    Raises:
        UsageError: Something given is unknown or cannot be used.
        RunError: The run folder cannot be written, or another process writes it.
        TrainingError: The training had to stop; the last checkpoint is kept.
        InterruptedTrainingError: Ctrl-C or SIGTERM; a checkpoint is written first.

    Example:
        >>> run = train("lenet", "fashion-mini", epochs=0.02, out=tmp_path / "run")
        >>> sorted(run.info["result"]["seconds"])
        ['data', 'evaluate', 'total', 'train']
    """
    began = time.perf_counter()
    terminal = terminal or open_terminal(json=True)
    old = None if resume is None else resume if isinstance(resume, Run) else open_run(resume)
    if old and out:
        raise UsageError("out and resume exclude each other", hint="a resumed run goes on in its own folder")
    base = from_table(old.info["recipe"], where=f"{old.path}/run.json") if old else Recipe()
    wishes = Recipe(epochs=epochs, batch=batch, lr=lr, seed=seed, val=val)  # pyright: ignore[reportArgumentType]
    wishes = over(over(base, read_recipe(recipe)), wishes)
    if isinstance(net, str):
        wishes = replace(wishes, net=net)
    check(wishes, where="the recipe and options given")

    job = prepare(
        net, source, wishes, old=old, weights=_path(weights), data_dir=_path(data_dir),
        terminal=terminal,
    )  # fmt: skip
    run = old or create_run(Path(out) if out else _new_path(job))
    with locked(run), _stop_requests() as stop:
        info = describe(job, sys.argv) | {
            "started": datetime.now().astimezone().isoformat(timespec="seconds")
        }
        if old:
            _refuse_changes(old, info, accept=accept_changes)
            resumed = [*old.info.get("resumed", []), {"command": info["command"], "started": info["started"]}]
            info |= {"command": old.info["command"], "started": old.info["started"], "resumed": resumed}
        state = begin(job.built.module, job.splits.train, job.splits.val, job.recipe, job.scale)
        show_field("run", str(run.path), terminal)
        if old:
            _go_on(state, old, terminal)
        _write_head(run, job, info)
        try:
            _train(state, run, stop, terminal)
        except GlassnetError as error:
            status = "interrupted" if isinstance(error, InterruptedTrainingError) else "failed"
            with suppress(RunError):
                write_json(run.path / "run.json", {**info, "status": status, "error": str(error)})
            raise
        result = _finish(job, state, run, began, terminal)
        write_json(run.path / "run.json", {**info, "status": "finished", "result": result})
    name = quoted(run.path)
    show_next(
        [f"glassnet predict {name} PICTURE...", f"glassnet evaluate {name}", f"glassnet board {name}"],
        terminal,
    )
    return run


def _path(path: str | Path | None) -> Path | None:
    return None if path is None else Path(path)


def _new_path(job: Job) -> Path:
    stem = Path(job.source.strip("<>")).stem or "pictures"
    net = job.built.record["net"].split("(")[0].split(":")[-1]
    name = f"{datetime.now():%Y%m%d-%H%M%S}-{stem}-{net}"
    path = Path("runs") / name
    count = 1
    while path.exists():
        count += 1
        path = Path("runs") / f"{name}-{count}"
    return path


def _write_head(run: Run, job: Job, info: dict[str, Any]) -> None:
    """Write all that is known before the first step: whatever happens then, the run tells what it was."""
    for name, text in job.built.sources.items():
        write_whole(run.path / "net" / Path(name).name, text)
    write_whole(run.path / "recipe.toml", to_toml(job.recipe, job.reasons))
    write_json(run.path / "run.json", {**info, "status": "running"})


def _refuse_changes(old: Run, info: dict[str, Any], *, accept: bool) -> None:
    differences = changes(old.info, info)
    if differences and not accept:
        raise UsageError(
            "this would not be the same training", where=old.path, got="; ".join(differences),
            expected="the same pictures, network and recipe", hint="--accept-changes goes on all the same",
        )  # fmt: skip


def _go_on(state: State, old: Run, terminal: Terminal) -> None:
    found = read_checkpoint(old)
    if found is None:
        show_field("resumed", "no checkpoint was written yet, so from the first step", terminal)
        return
    tensors, facts, damaged = found
    for line in damaged:
        show_field("damaged", f"{line}; the one before it is used", terminal)
    differences = restore(state, tensors, facts)
    show_field("resumed", f"at step {state.step:,} of {state.num_steps:,}", terminal)
    if differences:
        show_field("note", f"the same bits are not promised: {'; '.join(differences)}", terminal)


def _train(state: State, run: Run, stop: threading.Event, terminal: Terminal) -> None:
    events = keep(train_events(state), state, run)
    events = show_training(tensorboard.log(events, state, run), state, terminal)
    for _ in events:
        if stop.is_set():
            events.close()  # pyright: ignore[reportAttributeAccessIssue]
            save(state, run)
            raise InterruptedTrainingError(
                "stopped, and saved", where=f"step {state.step:,} of {state.num_steps:,}",
                hint=f"glassnet train --resume {quoted(run.path)}",
            )  # fmt: skip


def _finish(job: Job, state: State, run: Run, began: float, terminal: Terminal) -> dict[str, Any]:
    """Judge the best weights on the validation and test splits, and write down the result."""
    judging_began = time.perf_counter()
    net, recipe = state.net, job.recipe
    tensors, _ = read_weights(run.weights("best"))
    load_weights(net, tensors, where=run.weights("best"), num_classes=len(job.splits.train.classes))
    accuracies: dict[str, float | None] = {"val": None, "test": None}
    for name, pictures in (("val", job.splits.val), ("test", job.splits.test)):
        if pictures is None:
            continue
        predictions = _judge(net, state, pictures, name, terminal)
        write_whole(run.predictions(name), predictions.to_bytes())
        tensorboard.log_predictions(run, pictures, predictions, state.step)
        scores = score(predictions.labels, predictions.predicted, predictions.classes)
        accuracies[name] = scores.accuracy
        if name == "test" or job.splits.test is None:
            what = (
                "test split, which chose nothing"
                if name == "test"
                else "validation split, which chose the weights"
            )
            show_scores(scores, what, terminal)
    if trouble := missing_font(job.splits.train.classes):
        show_field("note", trouble, terminal)
    state.seconds["evaluate"] += time.perf_counter() - judging_began
    images = sum(epoch.images for epoch in state.history)
    seconds = {"total": time.perf_counter() - began, **state.seconds}
    working = seconds["data"] + seconds["train"]
    curve = [
        epoch.val_accuracy if epoch.val_accuracy is not None else epoch.train_accuracy
        for epoch in state.history
    ]
    told = f"{seconds['total']:.1f} s: {seconds['data']:.1f} s data, {seconds['train']:.1f} s training, "
    told += f"{seconds['evaluate']:.1f} s evaluation; {images / working:,.0f} pictures/s"
    show_field("time", f"{told}  {spark_line(curve, terminal.text)}", terminal)
    return {
        "epochs": recipe.epochs if state.step == state.num_steps else len(state.history),
        "steps": state.step,
        "images": images,
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
        "images_per_second": round(images / working, 1),
        "best_epoch": state.best.epoch if state.best else None,
        "val_accuracy": accuracies["val"],
        "test_accuracy": accuracies["test"],
        "findings": [],
    }


def _judge(net: nn.Module, state: State, pictures: Pictures, name: str, terminal: Terminal) -> Predictions:
    events = forward_split(net, pictures, state.scale, state.compute)
    logits = show_judging(events, f"judging the {name} split", terminal)
    return Predictions(logits.numpy(), pictures.labels, np.asarray(pictures.paths), pictures.classes)


@contextmanager
def _stop_requests() -> Iterator[threading.Event]:
    """Note Ctrl-C and SIGTERM, so that the training ends between two steps; a second one ends it at once."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop  # signals reach the main thread only: who called from another one stops it there
        return

    def note(number: int, _frame: object) -> None:
        stop.set()
        signal.signal(number, before[number])

    before: dict[int, Any] = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, note)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
