"""Measure glassnet against others, side by side: A B A B ..., same pictures, same machine, same threads.

usage: python bench/run.py DATA [--only NAME,NAME] [--runs N] [--pictures N] [--quick]

DATA is the folder that `pictures.py` wrote. `--quick` runs every comparison once on few pictures: it shows
that all of them work, its figures mean nothing. A contender that is not installed is left out, and that is said.
Prints medians, their spread, and for each rival the median of the ratios of neighbouring runs, above 1 where
glassnet is ahead.
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

from measure import Measured, run

Figure = Callable[[Measured], float]


@dataclass(frozen=True)
class Comparison:
    """Contenders for one figure; the first is glassnet."""

    name: str
    unit: str
    figure: Figure
    more_is_better: bool
    contenders: dict[str, tuple[str, ...]]  # name -> words after `python`


def pictures_per_second(measured: Measured) -> float:
    return measured.pictures_per_second


def wall_seconds(measured: Measured) -> float:
    return measured.wall_seconds


def peak_megabytes(measured: Measured) -> float:
    return measured.peak_bytes / 1e6


def told_seconds(measured: Measured) -> float:
    return measured.told["seconds"]


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
    files = str(folder)
    found += [
        Comparison(
            "folder", "s", told_seconds, False,
            {"glassnet, again": ("folders.py", "ours", files), "loader": ("folders.py", "loader", files)},
        ),
        Comparison(
            "start", "s", wall_seconds, False,
            {"first step": ("start.py", "step"), "import torch": ("start.py", "torch"),
             "glassnet --help": ("-m", "glassnet.cli.app", "--help")},
        ),
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
    for _ in range(runs):
        for name, command in comparison.contenders.items():
            figures[name].append(comparison.figure(run(command)))
            print(f"{comparison.name}: {name}: {figures[name][-1]:,.2f} {comparison.unit}", file=sys.stderr)
    lines = [
        f"| {comparison.name} | {comparison.unit}, median | lowest to highest | ratio |",
        "|---|---|---|---|",
    ]
    ours = next(iter(figures.values()))
    for name, values in figures.items():
        ratios = [
            mine / other if comparison.more_is_better else other / mine
            for mine, other in zip(ours, values, strict=True)
        ]
        middle, low, high = statistics.median(values), min(values), max(values)
        ratio = "" if values is ours else f"{statistics.median(ratios):.2f} ×"
        lines.append(f"| {name} | {middle:,.2f} | {low:,.2f} to {high:,.2f} | {ratio} |")
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
        wanted = asked.only.split(",") if asked.only else names
        if unknown := sorted(set(wanted) - set(names)):
            parser.error(f"no such comparison: {', '.join(unknown)}; there are {', '.join(names)}")
        print(f"{where()}, {runs} runs, {pictures:,} pictures\n")
        if "folder" in wanted:
            first = run(("folders.py", "ours", folder)).told["seconds"]
            print(f"folder, first time: glassnet {first:.2f} s\n")
        for comparison in listed:
            if comparison.name in wanted:
                print("\n".join(compare(comparison, runs)), flush=True)


if __name__ == "__main__":
    main()
