"""Make `fashion_mini.npz`, the pictures that glassnet ships, from the original files of Fashion-MNIST.

    python scripts/make_fashion_mini.py [FOLDER [OUT]]

FOLDER holds the four original files (by default where `fashion-mnist` is found). Chosen are, in the order of
the original files, the first 600 training and the first 100 test pictures of each class; a picture that was
chosen before is passed over, so that none comes twice and none is in both.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from glassnet.pictures import Pictures, load

NUM_TRAIN = 600  # of each class
NUM_TEST = 100
OUT = Path(__file__).parent.parent / "src" / "glassnet" / "pictures" / "fashion_mini.npz"


def choose(pictures: Pictures, num_per_class: int, taken: set[bytes]) -> np.ndarray:
    """Choose the first pictures of each class; `taken` are hashes to pass over, and grows.

    Returns:
        int64, ascending positions.
    """
    counts = dict.fromkeys(range(len(pictures.classes)), 0)
    chosen = []
    for index, (label, digest) in enumerate(zip(pictures.labels.tolist(), pictures.hashes, strict=True)):
        if counts[label] < num_per_class and digest.tobytes() not in taken:
            taken.add(digest.tobytes())
            counts[label] += 1
            chosen.append(index)
    return np.array(chosen, np.int64)


def make(data_dir: Path | None = None) -> dict[str, np.ndarray]:
    """Make the arrays of the file: as `read_npz` wants them, and where each picture comes from."""
    splits = load("fashion-mnist", data_dir=data_dir)
    taken: set[bytes] = set()
    test = choose(splits["test"], NUM_TEST, taken)
    train = choose(splits["train"], NUM_TRAIN, taken)
    return {
        "x": splits["train"].images[train, :, :, 0],
        "y": splits["train"].labels[train].astype(np.uint8),
        "x_test": splits["test"].images[test, :, :, 0],
        "y_test": splits["test"].labels[test].astype(np.uint8),
        "classes": np.array(splits["train"].classes),
        "index": train.astype(np.uint16),
        "index_test": test.astype(np.uint16),
    }


if __name__ == "__main__":
    arguments = [Path(argument) for argument in sys.argv[1:]]
    out = arguments[1] if len(arguments) > 1 else OUT
    np.savez_compressed(out, allow_pickle=False, **make(arguments[0] if arguments else None))
    sys.stdout.write(f"{out}: {out.stat().st_size:,} bytes\n")
