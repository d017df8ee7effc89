"""Events to the bytes of an event file, and what is told where such a file cannot be written."""

from __future__ import annotations

import io
import unicodedata
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tensorboard.compat.proto.event_pb2 import Event  # pyright: ignore[reportAttributeAccessIssue]
from tensorboard.compat.proto.summary_pb2 import Summary  # pyright: ignore[reportAttributeAccessIssue]
from tensorboard.summary.writer.record_writer import RecordWriter
from torch.utils.tensorboard.summary import image

from glassnet.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import numpy as np

    from glassnet.run import Run

VERSION = "brain.Event:2"  # of the format; readers then drop nothing because of its step


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


def encode(
    values: Iterable[Summary.Value], *, graph: bytes | None = None, step: int, wall_time: float
) -> bytes:
    """Write values as an event file.

    Args:
        values: One event each.
        graph: A serialised GraphDef.
        step: Of all of them, steps taken.
        wall_time: Of all of them, seconds since 1970.

    Returns:
        The content of the file.
    """
    stream = io.BytesIO()
    writer = RecordWriter(stream)
    writer.write(Event(wall_time=wall_time, file_version=VERSION).SerializeToString())
    if graph is not None:
        writer.write(Event(wall_time=wall_time, step=step, graph_def=graph).SerializeToString())
    for value in values:
        event = Event(wall_time=wall_time, step=step, summary=Summary(value=[value]))
        writer.write(event.SerializeToString())
    return stream.getvalue()


def scalars(points: Mapping[str, float]) -> Summary:
    """Make one summary of some numbers: one event is written faster than many.

    Args:
        points: Number by tag.

    Returns:
        The summary.

    Example:
        >>> [value.tag for value in scalars({"loss": 1.5, "rate": 0.1}).value]
        ['loss', 'rate']
    """
    return Summary(value=[Summary.Value(tag=tag, simple_value=number) for tag, number in points.items()])


def picture(tag: str, pixels: np.ndarray) -> Summary.Value:
    """Make a value of a picture.

    Args:
        tag: Its name.
        pixels: uint8, H×W×3.

    Returns:
        The value, a PNG.
    """
    return image(tag, pixels, dataformats="HWC").value[0]


def class_tag(number: int, name: str) -> str:
    r"""Name a class in a tag: with its number, which keeps the order and tells equal names apart.

    Args:
        number: 0 for the first.
        name: Any text.

    Returns:
        Number and name on one line, without what cannot be seen.

    Example:
        >>> class_tag(3, "a\tb\nc"), class_tag(0, "猫")
        ('3 a b c', '0 猫')
    """
    return f"{number} {plain(name)}".strip()


def plain(text: str) -> str:
    r"""Bring a text onto one line: tabs and line breaks separate columns and rows elsewhere.

    Args:
        text: Any.

    Returns:
        The text; a run of white space is one space, control characters and halves of characters are `?`.

    Example:
        >>> plain("a\tb\r\nc\x00")
        'a b c?'
    """
    words = " ".join(text.split())
    return "".join("?" if unicodedata.category(letter) in ("Cc", "Cs") else letter for letter in words)
