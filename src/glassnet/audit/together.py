"""All splits of a source seen as one row of pictures, in the order train, val, test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from glassnet.audit.audit import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glassnet.pictures.pictures import Pictures

ORDER = ("train", "val", "test")


@dataclass(frozen=True, eq=False)
class Together:
    """Splits one after the other: picture `i` of split `k` has the number `starts[k] + i`."""

    splits: tuple[Pictures, ...]
    starts: np.ndarray  # int64, one more than splits
    keys: np.ndarray  # one for each picture, equal where all pixels are
    labels: np.ndarray  # int64, N

    @property
    def channels(self) -> int:
        """1 grey, 3 colours."""
        return self.splits[0].policy.channels

    def split_of(self, number: int) -> int:
        """Tell in which split a picture is.

        Args:
            number: Of the picture.

        Returns:
            The split's place in `splits`.
        """
        return int(np.searchsorted(self.starts, number, side="right")) - 1

    def batch(self, numbers: np.ndarray) -> np.ndarray:
        """Gather pictures.

        Args:
            numbers: int64, B.

        Returns:
            uint8, B×H×W×C.
        """
        policy = self.splits[0].policy
        images = np.empty((len(numbers), policy.height, policy.width, policy.channels), np.uint8)
        owners = np.searchsorted(self.starts, numbers, side="right") - 1
        for place, pictures in enumerate(self.splits):
            mine = owners == place
            if mine.any():
                images[mine] = pictures.batch(numbers[mine] - self.starts[place])
        return images


def put_together(splits: Mapping[str, Pictures]) -> Together:
    """See splits as one row of pictures.

    Args:
        splits: By name; pictures of one size.

    Returns:
        The row.
    """
    ordered = tuple(splits[name] for name in ORDER if name in splits)
    hashes = np.ascontiguousarray(np.concatenate([pictures.hashes for pictures in ordered]))
    return Together(
        ordered,
        np.cumsum([0, *map(len, ordered)]),
        hashes.view([("low", "<u8"), ("high", "<u8")]).ravel(),
        np.concatenate([pictures.labels for pictures in ordered]),
    )


def place_of(together: Together, number: int) -> Place:
    """Say where a picture is.

    Args:
        together: All splits.
        number: Of the picture.

    Returns:
        Its place.
    """
    owner = together.split_of(number)
    pictures, index = together.splits[owner], number - int(together.starts[owner])
    return Place(pictures.split, index, str(pictures.paths[index]), int(pictures.labels[index]))


def small(images: np.ndarray, side: int) -> torch.Tensor:
    """Shrink pictures, none of whose sides gets longer.

    Args:
        images: uint8, N×H×W×C.
        side: Most pixels of height and width.

    Returns:
        float32, N×C×H×W in levels of 0 to 255, each pixel the mean of those it covers.
    """
    tensor = torch.from_numpy(images).permute(0, 3, 1, 2).float()
    height, width = min(side, tensor.shape[2]), min(side, tensor.shape[3])
    if (height, width) == tuple(tensor.shape[2:]):
        return tensor
    return torch.nn.functional.adaptive_avg_pool2d(tensor, (height, width))
