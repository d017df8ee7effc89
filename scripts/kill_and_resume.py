"""Kill trainings at seeded instants, resume them, and compare their weights with those of an undisturbed one.

usage: python scripts/kill_and_resume.py [TRIALS] [SEED]      (POSIX only; 100 trials take some minutes)

Each trial starts the same short training of a network with BatchNorm, dropout and EMA in a process of its
own, sends SIGKILL after a random time between its start and its end, resumes it (killing it once more in a
third of the trials), and compares the SHA-256 of best and last weights. Prints a line a trial; exit code 1 if
any differs.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import glassnet
from glassnet.terminal import open_terminal
from glassnet.training import keep
from glassnet.verbs.train import train  # loaded once here, so that each trial starts at once

RECIPE = glassnet.Recipe(epochs=3.5, batch=32, ema=0.9, optimizer="adamw", shift=1, flip=True, device="cpu")


def small_splits() -> dict[str, glassnet.Pictures]:
    """Take every tenth picture of fashion-mini."""
    splits = glassnet.load("fashion-mini")
    return {name: split.take(range(0, len(split), 10), split=name) for name, split in splits.items()}


def start(splits: dict[str, glassnet.Pictures], out: Path) -> int:
    """Start or resume the training in a process of its own.

    Args:
        splits: To train on.
        out: The run folder.

    Returns:
        The process's number.
    """
    process = os.fork()
    if process:
        return process
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    keep.CHECKPOINT_SECONDS, keep.WRITING_SHARE = 0.05, 1.0  # so that kills fall between and into writes
    resume = (out / "run.json").exists()
    for file in () if resume else out.glob("*"):
        file.unlink()  # a kill before run.json was whole leaves nothing to resume
    try:
        train(
            "fashion-cnn" if not resume else None, splits, recipe=RECIPE, out=None if resume else out,
            resume=out if resume else None, terminal=open_terminal(json=True),
        )  # fmt: skip
    except BaseException as error:
        print(f"\n{out.name}: {error}")
        os._exit(1)
    os._exit(0)


def weights_of(out: Path) -> list[str]:
    """Give the SHA-256 of best and last weights."""
    files = [out / "weights" / f"{which}.safetensors" for which in ("best", "last")]
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]


def main(trials: int, seed: int) -> int:
    """Run the trials.

    Args:
        trials: How many.
        seed: Of the instants.

    Returns:
        The number of trials whose weights differ.
    """
    splits, instants, failed = small_splits(), random.Random(seed), 0  # noqa: S311
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        _, status = os.waitpid(start(splits, Path(folder) / "undisturbed"), 0)
        seconds = time.perf_counter() - began
        if status:
            raise SystemExit("the undisturbed training failed")
        expected = weights_of(Path(folder) / "undisturbed")
        for trial in range(trials):
            out = Path(folder) / f"trial-{trial}"
            kills = []
            for _ in range(1 if instants.random() < 2 / 3 else 2):
                process, wait = start(splits, out), instants.uniform(0, seconds)
                time.sleep(wait)
                os.kill(process, signal.SIGKILL)
                os.waitpid(process, 0)
                kills.append(f"{wait:.2f} s")
            _, status = os.waitpid(start(splits, out), 0)
            equal = status == 0 and weights_of(out) == expected
            failed += not equal
            steps = sorted(int(file.stem) for file in out.glob("checkpoints/*.json"))
            print(f"trial {trial:>3}: killed after {', '.join(kills):<15} of {seconds:.2f} s: "
                  f"{'bit-equal' if equal else 'DIFFERENT'} {steps}", flush=True)  # fmt: skip
    print(f"{trials - failed} of {trials} bit-equal")
    return failed


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    sys.exit(1 if main(*(numbers + [100, 0][len(numbers) :])) else 0)
