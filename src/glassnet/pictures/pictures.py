"""The noun `Pictures`: one split of a source, ready for a network."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Rejected:
    """A file that was set aside, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Policy:
    """How a picture of any size and mode becomes one array: the same in train, evaluate and predict.

    A picture is turned as its EXIF orientation says, converted to `channels` (1: grey, 3: RGB; 16-bit grey
    is scaled to 8 bits, transparency is laid over white, of an animation the first frame counts), and,
    where its size is not `height` × `width`, cropped at the centre to that shape and resized (antialiased).
    """

    height: int
    width: int
    channels: int


@dataclass(frozen=True, eq=False)
class Pictures:
    """One split: pictures of one size, their labels and where each came from.

    `images` is uint8, N×H×W×C (channels last, as decoded), in memory or memory-mapped; `labels` is int64, N.
    """

    split: str
    images: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    paths: Sequence[str]
    policy: Policy
    source: str
    hashes: np.ndarray  # uint8, N×16: BLAKE2b of each picture's pixels
    rejected: tuple[Rejected, ...] = ()

    def __len__(self) -> int:
        """Count the pictures."""
        return len(self.labels)

    @property
    def fingerprint(self) -> str:
        """Identify the content: pixels, labels, class names and their order, 32 hex digits."""
        digest = hashlib.blake2b(digest_size=16)
        digest.update("\0".join(self.classes).encode())
        digest.update(np.ascontiguousarray(self.labels, dtype="<i8").tobytes())
        digest.update(np.ascontiguousarray(self.hashes).tobytes())
        return digest.hexdigest()
