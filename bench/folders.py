"""A folder of JPEG files, read once and then again.

usage: python bench/folders.py make FOLDER [COUNT]
       python bench/folders.py loader FOLDER
       python bench/folders.py first|again FOLDER

`make` writes pictures of 224×224 in four classes. `loader` decodes them as torchvision's ImageFolder in a
DataLoader does, with a worker a core; `first` as glassnet does before a training, with nothing in its cache, and
`again` once they are there. The last line printed is JSON: pictures and seconds.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

SIDE, CLASSES = 224, 4


def make(folder: str, count: str = "10000") -> None:
    """Write smooth random pictures, each another, with some noise as photographs have."""
    draw = np.random.default_rng(0)
    for number in range(int(count)):
        coarse = Image.fromarray(draw.integers(0, 256, (14, 14, 3), np.uint8)).resize((SIDE, SIDE))
        noisy = np.asarray(coarse, np.int16) + draw.integers(-8, 9, (SIDE, SIDE, 1), np.int16)
        path = Path(folder) / "train" / f"class {number % CLASSES}" / f"{number:06}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(path, quality=90)


def loader(folder: str) -> None:
    """Decode once with torchvision and PyTorch."""
    from torch.utils.data import DataLoader
    from torchvision import transforms
    from torchvision.datasets import ImageFolder

    files = ImageFolder(str(Path(folder) / "train"), transforms.ToTensor())
    began = time.perf_counter()
    seen = sum(
        len(labels) for _, labels in DataLoader(files, 64, shuffle=True, num_workers=os.cpu_count() or 1)
    )
    print(json.dumps({"pictures": seen, "seconds": time.perf_counter() - began}))


def first(folder: str) -> None:
    """Read with glassnet what it has never seen."""
    with tempfile.TemporaryDirectory() as cache:
        os.environ["GLASSNET_CACHE"] = cache
        read(folder)


def again(folder: str) -> None:
    """Read with glassnet what it has decoded before."""
    import glassnet

    glassnet.load(folder)
    read(folder)


def read(folder: str) -> None:
    """Read with glassnet, and go once over all pictures in a random order, in batches."""
    import torch

    import glassnet
    from glassnet.training.batches import gather

    began = time.perf_counter()
    pictures = glassnet.load(folder)["train"]
    order = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(0))
    seen = sum(len(gather(pictures, indices)) for indices in order.split(64))
    print(json.dumps({"pictures": seen, "seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    {"make": make, "loader": loader, "first": first, "again": again}[sys.argv[1]](*sys.argv[2:])
