"""The pictures of the comparisons, as arrays that every contender reads.

usage: python bench/pictures.py DATA [--fashion SOURCE] [--mnist SOURCE] [--cifar SOURCE]

SOURCE is one of glassnet's: `fashion-mnist`, `fashion-mini`, `cifar10`, a folder or archive. Writes
`{fashion,mnist,cifar}_{train,test}.npz` with `x` (uint8, N×H×W or N×H×W×3) and `y` (int64), as far as they are not there,
in an order drawn once, so that the first of them are of all classes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import glassnet


def write(data: Path, name: str, source: str) -> None:
    """Write both splits of a source."""
    if (data / f"{name}_test.npz").exists():
        return
    data.mkdir(parents=True, exist_ok=True)
    for split, pictures in glassnet.load(source).items():
        order = np.random.default_rng(0).permutation(len(pictures))
        images = pictures.batch(order)
        images = images[..., 0] if images.shape[3] == 1 else images
        np.savez(data / f"{name}_{split}.npz", x=images, y=pictures.labels[order])


def main() -> None:
    """Write what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    names = ("fashion", "mnist", "cifar")
    for name in names:
        parser.add_argument(f"--{name}")
    asked = parser.parse_args()
    for name in names:
        if source := getattr(asked, name):
            write(asked.data, name, source)


if __name__ == "__main__":
    main()
