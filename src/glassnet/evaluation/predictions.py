"""The noun `Predictions`: what a network said about one split, saved once; every metric derives from it."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from glassnet.errors import RunError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, eq=False)
class Predictions:
    """Logits, labels and paths of one split."""

    logits: np.ndarray  # float32, N×K
    labels: np.ndarray  # int64, N
    paths: np.ndarray  # text, N
    classes: tuple[str, ...]  # K

    @property
    def predicted(self) -> np.ndarray:
        """The class of each picture: int64, N."""
        return self.logits.argmax(1)

    @property
    def probabilities(self) -> np.ndarray:
        """Softmax of the logits: float64, N×K."""
        shifted = np.exp(self.logits.astype(np.float64) - self.logits.max(1, keepdims=True))
        return shifted / shifted.sum(1, keepdims=True)

    def to_bytes(self) -> bytes:
        """Write as an `.npz` file without pickles.

        Returns:
            The bytes of the file, with the keys `logits`, `labels`, `paths`, `classes`.
        """
        buffer = io.BytesIO()
        np.savez(
            buffer,
            logits=self.logits.astype(np.float32),
            labels=self.labels.astype(np.int64),
            paths=np.asarray(self.paths, dtype=np.str_),
            classes=np.asarray(self.classes, dtype=np.str_),
        )
        return buffer.getvalue()


def read_predictions(path: Path) -> Predictions:
    """Read predictions back.

    Args:
        path: What `Predictions.to_bytes` was written to.

    Returns:
        The predictions.

    Raises:
        RunError: The file is missing or damaged.
    """
    try:
        with path.open("rb") as file, np.lib.npyio.NpzFile(file, allow_pickle=False) as arrays:
            logits, labels, paths, classes = (
                arrays[name] for name in ("logits", "labels", "paths", "classes")
            )
    except (OSError, ValueError, KeyError, EOFError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
        raise RunError("the predictions cannot be read", where=path, got=error) from None
    shapes = [array.shape for array in (logits, labels, paths, classes)]
    if logits.ndim != 2 or shapes[1:] != [logits.shape[:1], logits.shape[:1], logits.shape[1:]]:  # noqa: PLR2004
        raise RunError("the predictions cannot be read", where=path, got=f"shapes {shapes}")
    return Predictions(logits, labels, paths, tuple(map(str, classes.tolist())))
