"""Test accuracy over seeds: the mean of five trainings, and how far they lie apart.

usage: python bench/seeds.py SOURCE [OPTION ...]

Runs `glassnet train SOURCE OPTION ...` with the seeds 0 to 4, each in a process of its own, and prints their
accuracies on the test split, mean and sample deviation, and the median of the seconds as the command tells them.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from measure import run

SEEDS = range(5)


def main(source: str, *options: str) -> None:
    """Train and tell."""
    command = ("-m", "glassnet.cli.app", "train", source, *options)
    accuracies, seconds = [], []
    with tempfile.TemporaryDirectory() as folder:
        for seed in SEEDS:
            out = str(Path(folder) / str(seed))
            result = run((*command, "--seed", str(seed), "--out", out, "--json")).told
            accuracies.append(100 * result["test_accuracy"])
            seconds.append(result["seconds"]["total"])
    each = ", ".join(f"{accuracy:.2f}" for accuracy in accuracies)
    mean, deviation = statistics.mean(accuracies), statistics.stdev(accuracies)
    print(
        f"{' '.join([source, *options])}: {mean:.2f} ± {deviation:.2f} % ({each}), {statistics.median(seconds):.0f} s"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
