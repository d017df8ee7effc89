"""Measure what `watch` costs a training script after its first 20 steps, side by side.

usage: python scripts/watch_cost.py [--runs N] SCRIPT [ARGS...]

The script runs plain and watched in turn, each in a process of its own; the clock runs from its 20th optimizer
step to its last. Prints the median seconds of both and the median of the ratios of neighbouring runs.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time

FREE = 20  # steps that are not counted


def run_here(watched: bool, script: str, args: list[str]) -> None:
    """Run the script in this process; print the seconds between its 20th and its last step."""
    from torch.optim.optimizer import register_optimizer_step_post_hook

    from glassnet.verbs.watch import watch_script
    from glassnet.watching.script import read_script, run_script

    marks: list[float] = []
    register_optimizer_step_post_hook(lambda *_: marks.append(time.perf_counter()))
    if watched:
        watch_script(script, args)
    else:
        with contextlib.suppress(SystemExit):
            run_script(read_script(script), args)
    sys.stdout.flush()
    os.write(3, json.dumps({"steps": len(marks), "seconds": marks[-1] - marks[FREE - 1]}).encode())


def run_apart(watched: bool, script: str, args: list[str]) -> dict:
    """Run the script in a process of its own."""
    reading, writing = os.pipe()
    kind = "watched" if watched else "plain"
    command = [sys.executable, __file__, "--here", kind, script, *args]
    code = f"import os, sys; os.dup2({writing}, 3); os.execv(sys.argv[1], sys.argv[1:])"
    starter = [sys.executable, "-c", code, *command]
    with subprocess.Popen(
        starter, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=[writing]
    ) as process:
        os.close(writing)
        with os.fdopen(reading) as answers:
            answer = answers.read()
        process.wait()
    return json.loads(answer)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--here", choices=["plain", "watched"], help=argparse.SUPPRESS)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("script")
    parser.add_argument("args", nargs=argparse.REMAINDER)
    asked = parser.parse_args()
    if asked.here:
        run_here(asked.here == "watched", asked.script, asked.args)
        return 0
    plain, watched = [], []
    for _ in range(asked.runs):
        plain.append(run_apart(False, asked.script, asked.args))
        watched.append(run_apart(True, asked.script, asked.args))
    ratios = [w["seconds"] / p["seconds"] for p, w in zip(plain, watched, strict=True)]
    medians = [statistics.median(run["seconds"] for run in runs) for runs in (plain, watched)]
    print(
        f"{plain[0]['steps'] - FREE} steps: plain {medians[0]:.2f} s, watched {medians[1]:.2f} s, "
        f"ratio {statistics.median(ratios):.3f} (from {min(ratios):.3f} to {max(ratios):.3f}, {asked.runs} runs)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
