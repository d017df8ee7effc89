"""Pictures as points for TensorBoard's projector, with labels and thumbnails."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from google.protobuf import text_format
from PIL import Image
from tensorboard.plugins.projector.projector_config_pb2 import (
    EmbeddingInfo,  # pyright: ignore[reportAttributeAccessIssue]
    ProjectorConfig,  # pyright: ignore[reportAttributeAccessIssue]
)

from glassnet.evaluation.forward import forward
from glassnet.figures.boxes import data_of
from glassnet.nets.untouched import untouched
from glassnet.tensorboard.event_file import plain

if TYPE_CHECKING:
    from glassnet.evaluation.forward import Compute
    from glassnet.evaluation.predictions import Predictions
    from glassnet.pictures.pictures import Pictures
    from glassnet.pictures.scale import Scale
    from glassnet.trace.trace import Trace

MOST_POINTS, LEAST_POINTS = 500, 100
MOST_NUMBERS = 1_000_000  # of all points; they are written and read as text
MOST_SHEET = 8192  # px: browsers take no larger texture
MOST_THUMBNAIL = 64  # px
MOST_PIXELS = 48  # px of a side, of pictures as points
BATCH = 50


@dataclass(frozen=True, eq=False)
class Points:
    """Pictures as points: one row of numbers each."""

    name: str
    numbers: np.ndarray  # N×D


def choose_points(pictures: Pictures, num_features: int) -> np.ndarray:
    """Choose pictures, spread evenly over a split.

    Args:
        pictures: The split.
        num_features: Numbers of one point.

    Returns:
        Their positions: up to 500, fewer where points are long.
    """
    most = max(LEAST_POINTS, min(MOST_POINTS, MOST_NUMBERS // max(num_features, 1)))
    return np.linspace(0, len(pictures) - 1, min(most, len(pictures))).round().astype(int)


def last_layer(trace: Trace) -> tuple[str, int, int] | None:
    """Find the module whose weights make the output, the last one with a weight matrix or kernel.

    Args:
        trace: Of one pass.

    Returns:
        Its path, which of its arguments the features are, and how many they are; None where the last weights
        are used by a plain function, or the features are no argument of the module's.
    """
    for op in reversed(trace.ops):
        if op.stage != "forward" or not any(
            len(trace.values[number].shape) > 1 for number in op.inputs
            if trace.values[number].kind == "parameter"
        ):  # fmt: skip
            continue
        features = data_of(op, trace)
        call = None if op.call is None else trace.calls[op.call]
        if call is None or not features or features[0] not in call.inputs or not call.path:
            return None
        shape = trace.values[features[0]].shape
        channels = shape[1] if len(shape) == 4 else shape[len(shape) - 1]  # noqa: PLR2004 — maps
        return call.path, call.inputs.index(features[0]), channels
    return None


def features_of(
    net: torch.nn.Module,
    layer: tuple[str, int, int],
    images: np.ndarray,
    scale: Scale,
    compute: Compute,
) -> np.ndarray:
    """Give what the last layer reads of each picture.

    Args:
        net: In eval mode.
        layer: From `last_layer`.
        images: uint8, N×H×W×C.
        scale: Pixels to what the network sees.
        compute: Where and how.

    Returns:
        float32, N×D: of maps the mean over all places, of tokens over all tokens.
    """
    path, place, _ = layer
    seen: list[torch.Tensor] = []

    def note(_module: torch.nn.Module, args: tuple) -> None:
        seen.append(args[place].detach().float().cpu())

    parts = []
    with untouched(net, copy_parameters=False):  # takes the hook away again
        net.get_submodule(path).register_forward_pre_hook(note)
        for start in range(0, len(images), BATCH):
            batch = scale.apply(
                images[start : start + BATCH], device=compute.device, memory_format=compute.memory_format
            )
            forward(net, batch, compute)
            last = seen.pop()
            seen.clear()
            over = (2, 3) if last.ndim == 4 else (1,) if last.ndim == 3 else ()  # noqa: PLR2004 — maps, tokens
            parts.append(last.mean(over) if over else last)
    return torch.cat(parts).numpy()


def pixels_of(images: np.ndarray) -> Points:
    """Give the pixels themselves as points.

    Args:
        images: uint8, N×H×W×C.

    Returns:
        Points of whole numbers 0..255; the name tells where pixels are left out.
    """
    height, width, channels = images.shape[1:]
    step = -(-max(height, width) // MOST_PIXELS)
    taken = images[:, ::step, ::step]
    size = "×".join(map(str, (*taken.shape[1:3], channels)))
    name = f"pixels {size}" + (f" (every {step}. row and column)" if step > 1 else "")
    return Points(name, taken.reshape(len(images), -1))


def projector_files(
    points: list[Points], images: np.ndarray, predictions: Predictions, indices: np.ndarray
) -> dict[str, bytes]:
    """Write points with their labels and thumbnails as TensorBoard's projector reads them.

    Args:
        points: One or more clouds of the same pictures.
        images: uint8, N×H×W×C.
        predictions: Of the whole split.
        indices: Which of it the pictures are.

    Returns:
        Content by path, all from the folder of the event files: one configuration for all clouds.
    """
    sprite, side = thumbnails(images)
    files = {"projector/labels.tsv": _labels(predictions, indices), "projector/thumbnails.png": sprite}
    config = ProjectorConfig()
    for number, cloud in enumerate(points):
        path = f"projector/points-{number}.tsv"
        whole = cloud.numbers.dtype.kind in "iu"
        write = str if whole else "{:.6g}".format
        rows = ("\t".join(map(write, row)) for row in cloud.numbers.tolist())
        files[path] = ("\n".join(rows) + "\n").encode()
        entry = EmbeddingInfo(
            tensor_name=cloud.name, tensor_path=path, metadata_path="projector/labels.tsv",
            tensor_shape=cloud.numbers.shape,
        )  # fmt: skip
        entry.sprite.image_path = "projector/thumbnails.png"
        entry.sprite.single_image_dim.extend([side, side])
        config.embeddings.append(entry)
    files["projector_config.pbtxt"] = text_format.MessageToString(config, as_utf8=True).encode()
    return files


def _labels(predictions: Predictions, indices: np.ndarray) -> bytes:
    classes = [plain(name) or "?" for name in predictions.classes]
    lines = ["class\tprediction\tright\tprobability\tpath"]
    chosen = predictions.predicted[indices]
    sure = predictions.probabilities[indices, chosen]
    for index, guess, share in zip(indices.tolist(), chosen.tolist(), sure.tolist(), strict=True):
        label = int(predictions.labels[index])
        cells = (classes[label], classes[guess], "yes" if label == guess else "no", f"{100 * share:.0f} %")
        lines.append("\t".join((*cells, plain(str(predictions.paths[index])) or "?")))
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def thumbnails(images: np.ndarray) -> tuple[bytes, int]:
    """Draw pictures beside each other as one square sheet of square cells, row by row.

    Args:
        images: uint8, N×H×W×C.

    Returns:
        A PNG of at most 8192 px, and the side of a cell; pictures that are not square get a white border.
    """
    height, width = images.shape[1:3]
    columns = math.ceil(math.sqrt(len(images)))
    side = min(max(height, width), MOST_THUMBNAIL, MOST_SHEET // columns)
    sheet = Image.new("RGB", (columns * side, columns * side), "white")
    for number, pixels in enumerate(images):
        image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
        image.thumbnail((side, side))
        x, y = side * (number % columns), side * (number // columns)
        sheet.paste(image, (x + (side - image.width) // 2, y + (side - image.height) // 2))
    stream = io.BytesIO()
    sheet.save(stream, "png")
    return stream.getvalue(), side
