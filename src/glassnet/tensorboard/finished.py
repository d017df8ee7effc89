"""What a finished run adds to TensorBoard, written at once: the file is whole or not there."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from torch.utils.tensorboard.summary import text

from glassnet.errors import GlassnetError
from glassnet.run import write_whole
from glassnet.tensorboard.choices import hyper_parameters
from glassnet.tensorboard.event_file import encode, told_of_disk
from glassnet.tensorboard.graph import graph_of
from glassnet.tensorboard.judged import confusion_figure, pr_curves, prediction_figure
from glassnet.tensorboard.layers import layer_pictures
from glassnet.tensorboard.projector import (
    Points,
    choose_points,
    features_of,
    last_layer,
    pixels_of,
    projector_files,
)
from glassnet.trace.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import torch
    from tensorboard.compat.proto.summary_pb2 import Summary  # pyright: ignore[reportAttributeAccessIssue]

    from glassnet.evaluation.forward import Compute
    from glassnet.evaluation.predictions import Predictions
    from glassnet.pictures.pictures import Pictures
    from glassnet.pictures.scale import Scale
    from glassnet.run import Run
    from glassnet.trace.trace import Trace

WHOLE, IN_PART = "finished", "in-part"  # how the names of the event files end
ABOUT = """Written by glassnet when the training had finished, from its best weights.

- **Scalars**: per step and epoch; *validation accuracy per class* of the first 20 classes.
- **Images**: *layers* is the first picture of the {split} split on its way through the network: what goes
  into each operation and what comes out, each channel a map of its own, with the scale of the tensor above
  it; *predictions*, *confusion* and *pictures*.
- **Histograms**: weights, and gradients of each epoch's last step; up to 2,000 numbers of a tensor, spread
  evenly.
- **Graphs**: every operation of one pass, plain functions too, in the boxes of its modules.
- **Projector**: up to 500 pictures of the {split} split by what the last layer reads of them, and by their
  pixels.
- **PR curves**: each class against all others.
- **HParams**: the recipe, with the accuracies it gave.
"""


@dataclass(frozen=True, eq=False)
class Seen:
    """What looked at the pictures, and the pictures."""

    net: torch.nn.Module  # in eval mode, with the best weights
    scale: Scale
    compute: Compute
    splits: Mapping[str, Pictures]  # those that predictions are of, the one that is shown last


@dataclass(frozen=True, eq=False)
class _Part:
    """What is to be written, and what is missing and why."""

    values: list[Summary.Value]
    notes: list[str]
    files: dict[str, bytes]
    graph: bytes | None = None


def is_written(run: Run) -> bool:
    """Tell whether a run has all that a finished run adds.

    Args:
        run: Any.

    Returns:
        Whether there is nothing to write.
    """
    return bool(_written(run, WHOLE))


def _written(run: Run, ending: str) -> list[Path]:
    return sorted((run.path / "tensorboard").glob(f"events.out.tfevents.*.{ending}"))


def write_finished(
    run: Run,
    seen: Seen | None,
    predictions: Mapping[str, Predictions],
    *,
    info: Mapping[str, Any],
    step: int,
    missing: tuple[str, ...] = (),
) -> tuple[str, ...]:
    """Write layers, graph, projector, predictions, curves, confusion and hyper-parameters of a finished run.

    What an earlier call has written is replaced.

    Args:
        run: Locked by the caller.
        seen: The network and its pictures; None where they are no longer there.
        predictions: By split.
        info: `run.json`.
        step: Steps taken.
        missing: What is not there and why, a sentence each.

    Returns:
        What could not be written and why, a sentence each, `missing` included.

    Raises:
        RunError: A file cannot be written.
    """
    accuracies = {split: float((p.predicted == p.labels).mean()) for split, p in predictions.items()}
    part = _Part(hyper_parameters(info, accuracies), [], {})
    for split, judged in predictions.items():
        curves, notes = pr_curves(split, judged)
        part.values.extend([*curves, confusion_figure(split, judged)])
        part.notes.extend(notes)
    troubles = list(missing)
    if seen is not None:
        try:
            part = _with_sight(part, seen, predictions)
        except (
            GlassnetError,
            RuntimeError,
        ) as error:  # a network that cannot be recorded is trained all the same
            what = str(error).split("\n", maxsplit=1)[0]
            troubles.append(f"TensorBoard gets no layers, graph and projector of this network: {what}")
    shown = list(predictions)[-1] if predictions else "test"
    lines = [*part.notes, *troubles]
    about = ABOUT.format(split=shown) + "".join(f"- {line}\n" for line in lines)
    part.values.extend(text("about/this run", about).value)
    _write(run, part, step, WHOLE if not troubles else IN_PART)
    return tuple(troubles)


def _with_sight(part: _Part, seen: Seen, predictions: Mapping[str, Predictions]) -> _Part:
    """Add what the network does with pictures."""
    values = list(part.values)
    for split, pictures in seen.splits.items():
        if split in predictions and len(pictures):
            values.append(prediction_figure(pictures, predictions[split]))
    pictures = list(seen.splits.values())[-1]
    images = seen.scale.apply(pictures.batch([0]), device=seen.compute.device)
    trace = record(seen.net, images, keep="all")
    layers, notes = layer_pictures(trace)
    notes += [f"not seen in the graph: {unseen.what}" for unseen in trace.unseen]
    judged = predictions.get(pictures.split)
    files = {} if judged is None else _cloud(seen, trace, pictures, judged)
    graph = graph_of(trace).SerializeToString()
    return _Part([*values, *layers], [*part.notes, *notes], files, graph)


def _cloud(seen: Seen, trace: Trace, pictures: Pictures, judged: Predictions) -> dict[str, bytes]:
    """Make the files of the projector."""
    layer = last_layer(trace)
    num_features = layer[2] if layer else judged.logits.shape[1]
    indices = choose_points(pictures, num_features)
    images = pictures.batch(indices)
    if layer is None:  # the last weights are used by a plain function, so what it reads has no name
        features = Points("outputs of the network", judged.logits[indices])
    else:
        numbers = features_of(seen.net, layer, images, seen.scale, seen.compute)
        features = Points(f"features that {layer[0]} reads", numbers)
    return projector_files([features, pixels_of(images)], images, judged, np.asarray(indices))


def _write(run: Run, part: _Part, step: int, ending: str) -> None:
    folder, now = run.path / "tensorboard", time.time()
    old = [*_written(run, WHOLE), *_written(run, IN_PART)]
    for path, content in part.files.items():
        write_whole(folder / path, content)
    content = encode(part.values, graph=part.graph, step=step, wall_time=now)
    name = f"events.out.tfevents.{int(now):010d}.{ending}"  # readers take files in the order of these seconds
    write_whole(folder / name, content)
    with told_of_disk(run):
        for path in old:
            if path.name != name:
                with suppress(FileNotFoundError):
                    path.unlink()
