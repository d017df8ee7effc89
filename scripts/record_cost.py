"""What recording costs: one pass of a network with and without it, in turn.

usage: python scripts/record_cost.py [NAME [SIZE]]      a network of torchvision, resnet18 at 224 by default
"""

from __future__ import annotations

import statistics
import sys
import time

import torch
from torchvision import models

from glassnet.trace.record import record

ROUNDS, WARM = 21, 3


def main(name: str = "resnet18", size: str = "224") -> None:
    """Print medians and their ratio.

    Args:
        name: Of the network; it gets random weights.
        size: Side of the one picture, in pixels.
    """
    net = models.get_model(name).eval()
    images = torch.rand(1, 3, int(size), int(size))
    plain, recorded = [], []
    for turn in range(WARM + ROUNDS):
        start = time.perf_counter()
        with torch.no_grad():
            net(images)
        between = time.perf_counter()
        record(net, images)
        if turn >= WARM:
            plain.append(between - start)
            recorded.append(time.perf_counter() - between)
    ratio = statistics.median(b / a for a, b in zip(plain, recorded, strict=True))
    print(f"{name} at {size}²: plain {1e3 * statistics.median(plain):.1f} ms,", end=" ")
    print(f"recorded {1e3 * statistics.median(recorded):.1f} ms,", end=" ")
    print(f"{ratio:.2f} times; {torch.get_num_threads()} threads, PyTorch {torch.__version__}")


if __name__ == "__main__":
    main(*sys.argv[1:])
