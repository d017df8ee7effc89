"""A tutorial's network and recipe in glassnet.

usage: python bench/ours.py JOB DATA PICTURES [engine]

The whole of `glassnet.train`: progress, TensorBoard, checks, checkpoints, test; with `engine` its loop alone. The
last line printed is JSON: pictures seen, seconds of the steps, accuracy on the test split.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import glassnet
from glassnet.pictures.pictures import Pictures, Policy, hash_images

# job -> pictures, recipe
JOBS = {
    "mlp": ("fashion", "tutorial-mlp"),
    "cnn": ("fashion", "tutorial-fashion-cnn"),
    "lenet": ("cifar", "tutorial-lenet"),
}


def read(data: Path, name: str, split: str, pictures: int | None) -> Pictures:
    """Give the arrays that the rivals read, as glassnet's pictures."""
    with np.load(data / f"{name}_{split}.npz") as arrays:
        images, labels = arrays["x"][:pictures], arrays["y"][:pictures]
    images = images.reshape(*images.shape[:3], -1)
    classes = tuple(map(str, range(int(labels.max()) + 1)))
    paths = tuple(f"{split}/{number}" for number in range(len(labels)))
    policy = Policy(*images.shape[1:])
    return Pictures(split, images, labels, classes, paths, policy, name, hash_images(images))


def main(job: str, data: str, pictures: str, part: str = "all") -> None:
    """Train one epoch."""
    name, recipe = JOBS[job]
    source = {"train": read(Path(data), name, "train", int(pictures))}
    if part == "engine":
        state = glassnet.begin(None, source, recipe=recipe, epochs=1)
        events = glassnet.events(state)
        began = time.perf_counter()
        seen = sum(event.images for event in events if isinstance(event, glassnet.Step))
        print(json.dumps({"pictures": seen, "seconds": time.perf_counter() - began}))
        return
    source["test"] = read(Path(data), name, "test", None)
    with tempfile.TemporaryDirectory() as folder:
        run = glassnet.train(None, source, recipe=recipe, epochs=1, out=Path(folder) / "run")
        result = run.info["result"]
    spent = result["seconds"]["data"] + result["seconds"]["train"]
    told = {"pictures": result["images"], "seconds": spent, "accuracy": result["test_accuracy"]}
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
