"""Measure glassnet against others, side by side: A B A B ..., same pictures, same machine, same threads.

usage: python bench/run.py DATA [--only NAME,NAME] [--runs N] [--pictures N] [--quick]

DATA is the folder that `pictures.py` wrote. `--quick` runs every comparison once on few pictures: it shows
that all of them work, its figures mean nothing. Those that take minutes a run (cold-..., ceiling, growth-...) run
where they are named. A contender that is not installed is left out, and that is said. Prints medians, their spread,
and for each rival the median of the ratios of neighbouring runs, above 1 where glassnet is ahead.
"""

from __future__ import annotations

import argparse
import importlib.util
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import torch

import glassnet

from cold import GOALS
from measure import Measured, run

Figure = Callable[[Measured], float]


@dataclass(frozen=True)
class Comparison:
    """Contenders for one figure; ratios are those of the first to each other one."""

    name: str
    unit: str
    figure: Figure
    more_is_better: bool
    contenders: dict[str, tuple[str, ...]]  # name -> words after `python`
    long: bool = False  # minutes a run: only where it is asked for by name


def pictures_per_second(measured: Measured) -> float:
    return measured.pictures_per_second


def wall_seconds(measured: Measured) -> float:
    return measured.wall_seconds


def peak_megabytes(measured: Measured) -> float:
    return measured.peak_bytes / 1e6


def told(name: str, scale: float = 1.0) -> Figure:
    """Take a figure that the process told."""
    return lambda measured: scale * measured.told[name]


def comparisons(data: Path, pictures: int, folder: Path) -> list[Comparison]:
    """List all comparisons.

    Args:
        data: Where the arrays lie.
        pictures: That each training of the same net sees.
        folder: Of JPEG files.

    Returns:
        In the order in which they run.
    """
    some, where = str(pictures), str(data)
    found = []
    for job in ("mlp", "cnn", "lenet"):
        if not (data / f"{'cifar' if job == 'lenet' else 'fashion'}_test.npz").exists():
            print(f"{job}: left out, its pictures are not in {data}")
            continue
        rivals = {
            tool: ("rivals.py", tool, job, where, some) for tool in ("bare", "lightning", "fastai", "skorch")
        }
        script = ("tutorial.py", job, where, some, "1")
        ours = ("ours.py", job, where, some)
        engine = (*ours, "engine")
        found += [
            Comparison(
                f"speed-{job}", "pictures/s", pictures_per_second, True,
                {"glassnet": ours, "its loop alone": engine, "script": script, **installed(rivals)},
            ),
            Comparison(f"memory-{job}", "MB", peak_megabytes, False, {"glassnet": ours, "script": script}),
        ]  # fmt: skip
    found += [
        Comparison(
            f"cold-{name}", "s", wall_seconds, False,
            {"glassnet": ("cold.py", name, where), "script": ("tutorial.py", goal.job, where)}, long=True,
        )
        for name, goal in GOALS.items()
        if (data / f"{goal.pictures}_test.npz").exists()
    ]  # fmt: skip
    files, seconds = str(folder), told("seconds")
    loader = ("folders.py", "loader", files)
    nets = {"fashion-cnn, 28×28 grey": ("fashion-cnn",), "glass, 32×32 colour": ("glass", "32", "3")}
    sizes = {f"{count:,}": ("growth.py", str(count)) for count in (1_000, 10_000, 100_000, 1_000_000)}
    found += [
        Comparison("folder-first", "s", seconds, False, {"glassnet": ("folders.py", "first", files), "loader": loader}),
        Comparison("folder-again", "s", seconds, False, {"glassnet": ("folders.py", "again", files), "loader": loader}),
        Comparison(
            "start", "s", wall_seconds, False,
            {"first step": ("start.py", "step"), "import torch": ("start.py", "torch"),
             "glassnet --help": ("-m", "glassnet.cli.app", "--help")},
        ),
        Comparison(
            "ceiling", "% of a matrix product's speed", told("share", 100), True,
            {name: ("ceiling.py", *words) for name, words in nets.items()}, long=True,
        ),
        Comparison("growth-time", "µs a picture", told("microseconds"), False, sizes, long=True),
        Comparison("growth-memory", "MB", told("peak_bytes", 1e-6), False, sizes, long=True),
    ]  # fmt: skip
    return found


def installed(rivals: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Keep the rivals that can be imported, and say which cannot."""
    there = {
        name: words for name, words in rivals.items() if name == "bare" or importlib.util.find_spec(name)
    }
    missing = [name for name in rivals if name not in there]
    if missing:
        print(f"left out, not installed: {', '.join(missing)}")
    return there


def compare(comparison: Comparison, runs: int) -> list[str]:
    """Run a comparison and give its table.

    Args:
        comparison: One of the list.
        runs: Of each contender, in turn.

    Returns:
        Lines of Markdown.
    """
    figures: dict[str, list[float]] = {name: [] for name in comparison.contenders}
    accuracies: dict[str, list[float]] = {name: [] for name in comparison.contenders}
    for _ in range(runs):
        for name, command in comparison.contenders.items():
            measured = run(command)
            figures[name].append(comparison.figure(measured))
            if "accuracy" in measured.told:
                accuracies[name].append(measured.told["accuracy"])
            print(f"{comparison.name}: {name}: {figures[name][-1]:,.2f} {comparison.unit}", file=sys.stderr)
    lines = [
        f"| {comparison.name} | {comparison.unit}, median | lowest to highest | ratio | test accuracy |",
        "|---|---|---|---|---|",
    ]
    ours = next(iter(figures.values()))
    for name, values in figures.items():
        ratios = [
            mine / other if comparison.more_is_better else other / mine
            for mine, other in zip(ours, values, strict=True)
        ]
        middle, low, high = statistics.median(values), min(values), max(values)
        ratio = "" if values is ours else f"{statistics.median(ratios):.2f} ×"
        right = f"{100 * statistics.median(accuracies[name]):.2f} %" if accuracies[name] else ""
        lines.append(f"| {name} | {middle:,.2f} | {low:,.2f} to {high:,.2f} | {ratio} | {right} |")
    return [*lines, ""]


def where() -> str:
    """Say on what was measured, and when."""
    processor = torch.cpu.get_capabilities().get("cpu_name") or platform.processor()
    capability, threads = torch.backends.cpu.get_cpu_capability(), torch.get_num_threads()
    versions = (
        f"glassnet {glassnet.__version__}, torch {torch.__version__}, Python {platform.python_version()}"
    )
    return f"{date.today()}, {versions}, {processor} ({capability}), {threads} threads"


def main() -> None:
    """Run what is asked for and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", help="names, with commas between")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--pictures", type=int, default=20_000)
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    runs, pictures = (1, 256) if asked.quick else (asked.runs, asked.pictures)
    with tempfile.TemporaryDirectory() as folder:
        run(("folders.py", "make", folder, "64" if asked.quick else "10000"))
        listed = comparisons(asked.data, pictures, Path(folder))
        names = [comparison.name for comparison in listed]
        wanted = asked.only.split(",") if asked.only else [one.name for one in listed if not one.long]
        if unknown := sorted(set(wanted) - set(names)):
            parser.error(f"no such comparison: {', '.join(unknown)}; there are {', '.join(names)}")
        print(f"{where()}, {runs} runs, {pictures:,} pictures\n")
        for comparison in listed:
            if comparison.name in wanted:
                print("\n".join(compare(comparison, runs)), flush=True)


if __name__ == "__main__":
    main()
