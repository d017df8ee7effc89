"""What TensorBoard shows while a training goes on: scalars, histograms, pictures as the network sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from tensorboard.compat.proto.event_pb2 import Event as Record  # pyright: ignore[reportAttributeAccessIssue]
from tensorboard.compat.proto.event_pb2 import SessionLog  # pyright: ignore[reportAttributeAccessIssue]
from tensorboard.compat.proto.summary_pb2 import Summary  # pyright: ignore[reportAttributeAccessIssue]
from torch.utils.tensorboard import FileWriter
from torch.utils.tensorboard.summary import histogram_raw

from glassnet.draw import draw_inputs, pixels
from glassnet.tensorboard.event_file import VERSION, class_tag, picture, scalars, told_of_disk
from glassnet.tensorboard.judged import MOST_CLASSES
from glassnet.training.batches import gather, plan_epoch
from glassnet.training.events import Epoch, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from matplotlib.figure import Figure

    from glassnet.run import Run
    from glassnet.training.events import Event
    from glassnet.training.loop import State

MOST_STEP_POINTS = 250  # a curve shows no more, and each takes as long as a small network's step
MOST_EPOCH_HISTOGRAMS = 50  # nor more of these
SAMPLE = 2000  # numbers of a tensor that go into its histogram
BINS = 40
NORM_EVERY = 10  # points of loss for one of the weights' norm, which is dearer and changes slowly
GRID = 32  # pictures in a figure


def log(events: Iterable[Event], state: State, run: Run) -> Iterator[Event]:
    """Write loss, accuracy, rate and norms per step and epoch, histograms, and the first pictures as seen.

    Args:
        events: From `train`.
        state: That `train` moves on.
        run: Its folder `tensorboard` is written.

    Yields:
        The same events.
    """
    every = max(1, state.num_steps // MOST_STEP_POINTS)
    epochs = max(1, round(state.recipe.epochs or 1) // MOST_EPOCH_HISTOGRAMS)
    with told_of_disk(run):
        writer = FileWriter(str(run.path / "tensorboard"))
    try:
        if state.step == 0:
            seen = picture("pictures/as the network sees them", pixels(_inputs(state)))
            writer.add_summary(Summary(value=[seen]), 0)
        else:  # what a training that went back has written of later steps is no longer true
            writer.add_event(Record(step=state.step + 1, file_version=VERSION))
            writer.add_event(Record(step=state.step + 1, session_log=SessionLog(status=SessionLog.START)))
        for event in events:
            with told_of_disk(run):
                match event:
                    case Step() if event.step % every == 0:
                        writer.add_summary(scalars(_of_step(event, state, every)), event.step)
                    case Epoch():
                        writer.add_summary(scalars(_of_epoch(event, state)), event.step)
                        if event.epoch % epochs == 0:
                            writer.add_summary(histograms(state), event.step)
                        writer.flush()
            yield event
    finally:
        with told_of_disk(run):
            writer.close()


def _of_step(event: Step, state: State, every: int) -> dict[str, float]:
    points = {
        "step/loss": float(event.loss),
        "step/accuracy": float(event.correct) / event.images,
        "step/rate": event.lr,
        "step/gradient norm": float(event.grad_norm),
    }
    if event.step // every % NORM_EVERY == 1:
        points["step/weight norm"] = float(torch.nn.utils.get_total_norm(state.parameters))
    return points


def _of_epoch(event: Epoch, state: State) -> dict[str, float]:
    points = {
        "epoch/training loss": event.train_loss,
        "epoch/training accuracy": event.train_accuracy,
        "epoch/rate": event.lr,
    }
    if event.val_loss is not None and event.val_accuracy is not None:
        points["epoch/validation loss"] = event.val_loss
        points["epoch/validation accuracy"] = event.val_accuracy
    per_class = zip(state.pictures.classes, event.val_class_accuracy or (), strict=False)
    for number, (name, accuracy) in list(enumerate(per_class))[:MOST_CLASSES]:
        if accuracy is not None:
            points[f"validation accuracy per class/{class_tag(number, name)}"] = accuracy
    return points


def histograms(state: State) -> Summary:
    """Measure every parameter and its last gradient.

    Args:
        state: At the end of an epoch.

    Returns:
        For each parameter that is trained a histogram of up to 2,000 of its numbers, spread evenly, and the
        norm of all of them; the same for its gradient in the epoch's last step, after clipping.
    """
    values, norms = [], {}
    for name, parameter in state.net.named_parameters():
        if not parameter.requires_grad:
            continue
        for kind, tensor in (("weight", parameter.detach()), ("gradient", parameter.grad)):
            if tensor is None or tensor.numel() == 0:
                continue
            norms[f"{kind} norm/{name}"] = float(torch.linalg.vector_norm(tensor))
            values += _histogram(f"{kind}s/{name}", _some(tensor)).value
    return Summary(value=[*values, *scalars(norms).value])


def _histogram(tag: str, numbers: np.ndarray) -> Summary:
    """Count numbers in bins of one width; NumPy's own function takes ten times as long for so few."""
    low, high = float(numbers.min()), float(numbers.max())
    width = (high - low) / BINS or 1.0
    counts = np.bincount(np.minimum((numbers - low) / width, BINS - 1).astype(np.int64), minlength=BINS)
    limits = low + width * np.arange(1, BINS + 1)
    doubles = numbers.astype(np.float64)
    sums = float(doubles.sum()), float(np.square(doubles).sum())
    return histogram_raw(tag, low, high, len(numbers), *sums, limits.tolist(), counts.tolist())


def _some(tensor: torch.Tensor) -> np.ndarray:
    """Take the finite ones among up to 2,000 numbers, spread evenly; the first where there is none."""
    flat = tensor.reshape(-1)
    if len(flat) > SAMPLE:
        flat = flat[torch.linspace(0, len(flat) - 1, SAMPLE, dtype=torch.float64).long().to(flat.device)]
    numbers = flat.float().cpu().numpy()
    finite = numbers[np.isfinite(numbers)]
    return finite if finite.size else np.zeros(1, np.float32)


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
