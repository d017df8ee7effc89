"""Events to files: metrics, checkpoints and weights, as a consumer that passes every event on."""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from glassnet.run import read_json, write_checkpoint, write_json, write_whole
from glassnet.training.checkpoint import capture, state_dict_bytes
from glassnet.training.events import Epoch, Finished, Saved, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from glassnet.run import Run
    from glassnet.training.events import Event
    from glassnet.training.loop import State

CHECKPOINT_SECONDS = 20.0
MOST_STEP_LINES = 200  # in metrics.jsonl
WRITING_SHARE = 0.01  # of the time may go into checkpoints between two epochs


def keep(events: Iterable[Event], state: State, run: Run) -> Iterator[Event]:
    """Write what happens into the run: at each epoch's end, and every 20 seconds between.

    Args:
        events: From `train`.
        state: That `train` moves on.
        run: Locked by the caller.

    Yields:
        The same events, and `Saved` after each checkpoint.

    Raises:
        RunError: A file cannot be written; the files before are untouched.
    """
    lines = _lines_until(run, state)
    every = max(1, state.num_steps // MOST_STEP_LINES)
    next_save = time.perf_counter() + CHECKPOINT_SECONDS
    try:
        for event in events:
            saving = False
            match event:
                case Step():
                    if event.step % every == 0:
                        lines.append(_step_line(event))
                    saving = time.perf_counter() >= next_save
                case Epoch():
                    lines.append({"kind": "epoch", **asdict(event)})
                    if event.best:
                        _write_weights(run, "best", state, event)
                    saving = True
                case Finished():
                    _write_weights(run, "last", state, state.history[-1])
            yield event
            if saving:
                began = time.perf_counter()
                _write_lines(run, lines)  # first: a checkpoint's own lines are always there
                save(state, run)
                took = time.perf_counter() - began
                next_save = time.perf_counter() + max(CHECKPOINT_SECONDS, took / WRITING_SHARE)
                yield Saved(state.step)
    except GeneratorExit:  # the caller stops here, and may save
        _write_lines(run, lines)
        raise


def save(state: State, run: Run) -> None:
    """Write a checkpoint.

    Args:
        state: Between two events.
        run: Locked by the caller.

    Raises:
        RunError: It cannot be written, or a weight is not finite; the checkpoints before are untouched.
    """
    write_checkpoint(run, state.step, *capture(state))


def _write_weights(run: Run, which: str, state: State, epoch: Epoch) -> None:
    digest = write_whole(run.weights(which), state_dict_bytes(state.judged))
    path = run.path / "weights" / "manifest.json"
    manifest = read_json(path) if path.exists() else {}
    entry = {"sha256": digest, "epoch": epoch.epoch, "step": epoch.step, "val_accuracy": epoch.val_accuracy}
    write_json(path, {**manifest, which: entry})


def _step_line(event: Step) -> dict[str, Any]:
    loss, accuracy = float(event.loss), float(event.correct) / event.images
    return {
        "kind": "step",
        "step": event.step,
        "epoch": event.epoch,
        "lr": event.lr,
        "loss": loss,
        "accuracy": accuracy,
    }


def _write_lines(run: Run, lines: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps({name: _plain(value) for name, value in line.items()}) + "\n" for line in lines)
    write_whole(run.path / "metrics.jsonl", text)


def _plain(value: object) -> object:
    """Write NaN and infinity, which JSON does not know, as null."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _lines_until(run: Run, state: State) -> list[dict[str, Any]]:
    """Read the lines of the run so far, without those that a resumed training will write again."""
    if not (run.path / "metrics.jsonl").exists():
        return []
    epochs = len(state.history)
    steps = [line for line in run.metrics if line.get("kind") == "step" and line["step"] <= state.step]
    ended = [line for line in run.metrics if line.get("kind") == "epoch" and line["epoch"] <= epochs]
    return sorted(steps + ended, key=lambda line: line["step"])  # stable: an epoch's line follows its step's
