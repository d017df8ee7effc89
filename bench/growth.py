"""Memory and time a picture as a set grows: made-up pictures of 32×32 in a memory-mapped file.

usage: python bench/growth.py PICTURES

Trains `mlp` for as many steps each time, on pictures drawn from the whole set. The last line printed is JSON:
seconds a picture, and the peak of the memory that is not the mapped file.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import glassnet
from glassnet.pictures.pictures import Pictures, Policy

STEPS, BATCH, SIDE = 200, 64, 32


def anonymous_bytes() -> int:
    """Give the memory of this process that is no mapped file (Linux)."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


def main(pictures: str) -> None:
    """Train and print."""
    count = int(pictures)
    draw = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        images = np.lib.format.open_memmap(
            Path(folder) / "images.npy", "w+", np.uint8, (count, SIDE, SIDE, 3)
        )
        block = draw.integers(0, 256, (1000, SIDE, SIDE, 3), np.uint8)
        for start in range(0, count, 1000):
            images[start : start + 1000] = block[: count - start]
        made = Pictures(
            "train", images, draw.integers(0, 10, count), tuple(map(str, range(10))), Numbers(count),
            Policy(SIDE, SIDE, 3), "made up", np.zeros((count, 16), np.uint8),
        )  # fmt: skip
        epochs = STEPS * BATCH / count
        state = glassnet.begin("mlp", {"train": made}, batch=BATCH, epochs=epochs, val=0.0)
        peak, began, seen = 0, 0.0, 0
        for event in glassnet.events(state):
            if isinstance(event, glassnet.Step):
                began = began or time.perf_counter()
                seen += event.images
                peak = max(peak, anonymous_bytes()) if event.step % 20 == 0 else peak
        seconds = time.perf_counter() - began
    print(json.dumps({"pictures": count, "microseconds": 1e6 * seconds / seen, "peak_bytes": peak}))


class Numbers:
    """Paths that take no memory: the numbers of the pictures."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, place: int) -> str:
        return str(range(self.count)[place])


if __name__ == "__main__":
    main(*sys.argv[1:])
