"""The noun `Pictures`: one split of a source, ready for a network."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
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
class Size:
    """How files were before they were brought to one size: pixels, Pillow's mode, and how many were so."""

    width: int
    height: int
    mode: str
    count: int


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

    `images` is uint8, M×H×W×C (channels last, as decoded), in memory or memory-mapped (copy-on-write, so
    that writing into it never reaches the cache). Picture `i` is `images[i]`, or, where `rows` is given,
    `images[rows[i]]`: that is how a validation split shares the array of the training pictures without a
    copy; `batch` does the right thing in both cases. Everything else has one entry for each picture:
    `labels` (int64, N), `paths`, `hashes`.

    Example:
        >>> tiny = Pictures("train", np.arange(12, dtype=np.uint8).reshape(3, 2, 2, 1), np.array([0, 1, 1]),
        ...                 ("cat", "dog"), ("a", "b", "c"), Policy(2, 2, 1), "tiny",
        ...                 np.zeros((3, 16), np.uint8))
        >>> len(tiny), tiny.batch([2]).ravel().tolist()
        (3, [8, 9, 10, 11])
        >>> half = tiny.take([0, 2], split="val")
        >>> half.paths, half.rows.tolist(), half.images is tiny.images
        (('a', 'c'), [0, 2], True)
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
    rows: np.ndarray | None = None  # int64, N: where each picture lies in `images`; None: one after the other
    notes: tuple[str, ...] = ()  # what a person should know about this split, a sentence each
    sizes: tuple[Size, ...] = ()  # of the files, most frequent first; empty where there were none

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

    def batch(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """Gather pictures.

        Args:
            indices: B positions in this split, 0 to N-1.

        Returns:
            uint8, B×H×W×C, a new array.
        """
        where = np.asarray(indices, dtype=np.int64)
        return self.images[where if self.rows is None else self.rows[where]]

    def take(self, indices: Sequence[int] | np.ndarray, *, split: str) -> Pictures:
        """Make a split of some of these pictures; no pixel is copied.

        Args:
            indices: Positions in this split, in the order wanted.
            split: The name of the new split.

        Returns:
            Pictures over the same array; `rejected`, `notes` and `sizes` stay behind.
        """
        where = np.asarray(indices, dtype=np.int64)
        return replace(
            self,
            split=split,
            labels=self.labels[where],
            paths=tuple(self.paths[index] for index in where.tolist()),
            hashes=self.hashes[where],
            rows=where if self.rows is None else self.rows[where],
            rejected=(),
            notes=(),
            sizes=(),
        )


def hash_images(images: np.ndarray) -> np.ndarray:
    """Hash the pixels of each picture.

    Args:
        images: uint8, N×H×W×C.

    Returns:
        uint8, N×16: BLAKE2b of each picture's bytes in H, W, C order.
    """
    digests = [hashlib.blake2b(image.tobytes(), digest_size=16).digest() for image in images]
    return np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 16)
