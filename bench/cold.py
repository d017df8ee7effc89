"""From nothing to a tested classifier as good as a tutorial's: glassnet's own network and recipe.

usage: python bench/cold.py GOAL DATA

GOAL is a key of `GOALS`; the tutorial beside it is the job of `tutorial.py` that reaches the same accuracy. What
counts is the whole process, Python's start and the report included. The last line printed is JSON: the accuracy
on the test split.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ours import read

import glassnet


@dataclass(frozen=True)
class Goal:
    """An accuracy of a tutorial, and how glassnet reaches it."""

    job: str  # of tutorial.py
    pictures: str
    net: str
    epochs: float
    batch: int


# few epochs, after trials that were judged on validation pictures
GOALS = {
    "fashion-91": Goal("cnn", "fashion", "glass(width=16)", 1.75, 256),
    "fashion-87": Goal("mlp", "fashion", "glass(width=16)", 0.35, 128),
    "mnist-97": Goal("mnist", "mnist", "glass(width=16)", 0.1, 128),
    "cifar-54": Goal("lenet", "cifar", "glass(width=16)", 0.2, 128),
}


def main(name: str, data: str) -> None:
    """Train and test."""
    goal = GOALS[name]
    source = {split: read(Path(data), goal.pictures, split, None) for split in ("train", "test")}
    with tempfile.TemporaryDirectory() as folder:
        out, smooth = Path(folder) / "run", glassnet.Recipe(label_smoothing=0.2)
        run = glassnet.train(goal.net, source, epochs=goal.epochs, batch=goal.batch, options=smooth, out=out)
        result = run.info["result"]
    print(json.dumps({"pictures": result["images"], "accuracy": result["test_accuracy"]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
