"""Runs to TensorBoard: scalars while a training goes on, pictures as the network sees them, predictions."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import numpy as np
from torch.utils.tensorboard import SummaryWriter

from glassnet.draw import draw_inputs, draw_predictions, pixels
from glassnet.errors import RunError
from glassnet.training.batches import gather, plan_epoch
from glassnet.training.events import Epoch, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from matplotlib.figure import Figure

    from glassnet.evaluation.predictions import Predictions
    from glassnet.pictures.pictures import Pictures
    from glassnet.run import Run
    from glassnet.training.events import Event
    from glassnet.training.loop import State

MOST_STEP_POINTS = 1000  # TensorBoard itself shows no more
GRID = 32  # pictures in a figure


def log(events: Iterable[Event], state: State, run: Run) -> Iterator[Event]:
    """Write loss, accuracy and rate per step and epoch, and the first pictures as the network sees them.

    Args:
        events: From `train`.
        state: That `train` moves on.
        run: Its folder `tensorboard` is written.

    Yields:
        The same events.
    """
    every = max(1, state.num_steps // MOST_STEP_POINTS)
    with told_of_disk(run):
        writer = SummaryWriter(run.path / "tensorboard", purge_step=state.step + 1 if state.step else None)
    try:
        if state.step == 0:
            seen = pixels(_inputs(state))
            writer.add_image("pictures/as the network sees them", seen, 0, dataformats="HWC")
        for event in events:
            with told_of_disk(run):
                _write(writer, event, every)
            yield event
    finally:
        with told_of_disk(run):
            writer.close()


def _write(writer: SummaryWriter, event: Event, every: int) -> None:
    match event:
        case Step() if event.step % every == 0:
            writer.add_scalar("step/loss", float(event.loss), event.step)
            writer.add_scalar("step/accuracy", float(event.correct) / event.images, event.step)
            writer.add_scalar("step/rate", event.lr, event.step)
            writer.add_scalar("step/gradient norm", float(event.grad_norm), event.step)
        case Epoch():
            writer.add_scalar("epoch/training loss", event.train_loss, event.step)
            writer.add_scalar("epoch/training accuracy", event.train_accuracy, event.step)
            writer.add_scalar("epoch/rate", event.lr, event.step)
            if event.val_loss is not None:
                writer.add_scalar("epoch/validation loss", event.val_loss, event.step)
                writer.add_scalar("epoch/validation accuracy", event.val_accuracy, event.step)
            writer.flush()


def log_predictions(run: Run, pictures: Pictures, predictions: Predictions, step: int) -> None:
    """Write predictions against labels as a figure, green and red.

    Args:
        run: Its folder `tensorboard` is written.
        pictures: A split.
        predictions: Of that split.
        step: Steps taken.
    """
    indices = np.linspace(0, len(pictures) - 1, min(GRID, len(pictures))).round().astype(int)
    predicted = predictions.predicted[indices]
    figure = draw_predictions(
        pictures.batch(indices),
        predictions.labels[indices].tolist(),
        predicted.tolist(),
        predictions.probabilities[indices, predicted].tolist(),
        predictions.classes,
    )
    with told_of_disk(run), closing(SummaryWriter(run.path / "tensorboard")) as writer:
        writer.add_image(f"predictions/{pictures.split}", pixels(figure), step, dataformats="HWC")


@contextmanager
def told_of_disk(run: Run) -> Iterator[None]:
    """Tell of a full or failing disk as the other files of the run do.

    Args:
        run: The run.

    Yields:
        Nothing.

    Raises:
        RunError: TensorBoard's files cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise RunError(
            "a file of the run cannot be written", where=run.path / "tensorboard",
            got=error.strerror or error,
            hint="checkpoints and weights are untouched; make room",
        ) from None  # fmt: skip


def serve(runs: Sequence[Path], *, port: int) -> subprocess.Popen[bytes]:
    """Start the real TensorBoard server on this machine's loopback address.

    Args:
        runs: Run folders; each is shown under its name.
        port: 0 for one that is free.

    Returns:
        The server's process; what it prints, its address first, goes to standard error.
    """
    names = [run.resolve().name for run in runs]
    names = [f"{name}-{i}" if names.count(name) > 1 else name for i, name in enumerate(names, 1)]
    folders = ",".join(f"{name}:{run / 'tensorboard'}" for name, run in zip(names, runs, strict=True))
    command = [sys.executable, "-m", "tensorboard.main", "--host", "127.0.0.1", "--port", str(port)]
    return subprocess.Popen([*command, "--logdir_spec", folders], stdin=subprocess.DEVNULL)  # noqa: S603 — our own command


def _inputs(state: State) -> Figure:
    plan = plan_epoch(state.recipe, len(state.pictures), 1)
    indices = plan.order[:GRID]
    seen = state.scale.apply(gather(state.pictures, indices, plan))
    labels = state.pictures.labels[indices.numpy()]
    return draw_inputs(
        seen.permute(0, 2, 3, 1).numpy(),
        [state.pictures.classes[label] for label in labels],
        title="the first pictures of the training, as the network sees them",
    )
