"""How much of the processor's ceiling a training reaches: products of matrices against its own operations.

usage: python bench/ceiling.py NET [SIDE CHANNELS]

Prints the GFLOP/s of a product of two 2048×2048 matrices, and of training steps of a NET of glassnet on made-up
pictures (batch 256), both in the number type that glassnet chooses; a step counts three forward passes, and a
multiply-add two operations.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
import torch

import glassnet
from glassnet.pictures.pictures import Pictures, Policy, hash_images
from glassnet.trace.cost import macs_per_picture

SIDE = 2048


def product(kind: torch.dtype) -> float:
    """Give the GFLOP/s of the best of several products."""
    left, right = (torch.randn(SIDE, SIDE).to(kind) for _ in range(2))
    best = float("inf")
    for _ in range(8):
        began = time.perf_counter()
        left @ right
        best = min(best, time.perf_counter() - began)
    return 2 * SIDE**3 / best / 1e9


def main(net: str, side: str = "28", channels: str = "1") -> None:
    """Measure and print."""
    size, depth, count = int(side), int(channels), 256 * 24
    draw = np.random.default_rng(0)
    images = draw.integers(0, 256, (count, size, size, depth), np.uint8)
    names = tuple(map(str, range(10)))
    pictures = Pictures(
        "train", images, draw.integers(0, 10, count), names, tuple(map(str, range(count))),
        Policy(size, size, depth), "noise", hash_images(images),
    )  # fmt: skip
    options = glassnet.Recipe(label_smoothing=0.1)
    state = glassnet.begin(net, {"train": pictures}, batch=256, epochs=1, val=0.0, options=options)
    macs = macs_per_picture(state.net, channels=depth, height=size, width=size)
    steps = [event for event in timed(state) if event]
    reached = 6 * macs * 256 / float(np.median(steps)) / 1e9
    ceiling = product(getattr(torch, state.recipe.precision))
    told = {"net": net, "precision": state.recipe.precision, "gflops": reached, "ceiling_gflops": ceiling}
    print(json.dumps(told | {"share": reached / ceiling, "macs_per_picture": macs}))


def timed(state: object) -> list[float]:
    """Give the seconds of each step but the first four."""
    marks = [
        time.perf_counter()
        for event in glassnet.events(state)  # pyright: ignore[reportArgumentType]
        if isinstance(event, glassnet.Step)
    ]
    return np.diff(marks)[3:].tolist()


if __name__ == "__main__":
    main(*sys.argv[1:])
