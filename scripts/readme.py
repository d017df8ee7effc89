"""The README's console examples: run them, compare what they print, or write it into the README.

usage: python scripts/readme.py README.md [README.zh-CN.md]      rewrites the outputs in place

An example is a code block marked `console`: lines that begin with `$ ` are commands, what follows is their
output, standard error included. All examples of a file are run in order in one empty folder, into which code
blocks that begin with a comment such as `# my_net.py` are written first.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

FILE = re.compile(r"^```python\n# (\w+\.py)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
VARIES = ("precision", "device", "next")  # lines that another processor or a later time changes


@dataclass(frozen=True)
class Example:
    """One command of a README and what it is said to print."""

    command: str
    output: str


def examples(text: str) -> list[Example]:
    """Find the examples of a README.

    Args:
        text: Of the file.

    Returns:
        In order.
    """
    found = []
    for block in BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append(Example(command, output))
    return found


def write_files(text: str, folder: Path) -> None:
    """Write the files that a README shows.

    Args:
        text: Of the README.
        folder: Where to.
    """
    for name, content in FILE.findall(text):
        (folder / name).write_text(content, "utf-8")


def run_in(folder: Path, command: str) -> str:
    """Run a command as the README's reader would, in a shell.

    Args:
        folder: Where.
        command: The line.

    Returns:
        What it printed to standard output and error, in order.
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "COLUMNS": "110", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(  # noqa: S602 — the README's own lines
        command, shell=True, cwd=folder, env=environment, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
    )  # fmt: skip
    return done.stdout


def shape(output: str) -> list[str]:
    """Take out of an output what differs from run to run: numbers, bars, times, and the order of table rows.

    Args:
        output: Of a command.

    Returns:
        Sorted lines.
    """
    lines = []
    for line in output.splitlines():
        line = re.sub(r"\d[\d,.:-]*", "0", re.sub(r"[▁-█]+", "", line))  # noqa: PLW2901
        line = re.sub(r"^(\S+png .*? 0 %).*", r"\1", line)  # noqa: PLW2901 — less likely classes
        line = re.sub(r"( \*)?\s+", " ", line).strip()  # noqa: PLW2901 — the star marks the best epoch
        if line and not line.startswith(VARIES):
            lines.append(line)
    return sorted(lines)


def rewrite(file: Path, outputs: dict[str, str]) -> None:
    """Write outputs into a README.

    Args:
        file: The README.
        outputs: Of each command.
    """

    def filled(match: re.Match[str]) -> str:
        parts = [f"$ {example.command}\n{outputs[example.command]}" for example in examples(match.group(0))]
        return "```console\n" + "".join(parts) + "```"

    file.write_text(BLOCK.sub(filled, file.read_text("utf-8")), "utf-8")


def main(files: list[Path]) -> None:
    """Run the examples of the first file and write what they print into all of them.

    Args:
        files: READMEs with the same commands.
    """
    with tempfile.TemporaryDirectory() as folder:
        outputs = {}
        write_files(files[0].read_text("utf-8"), Path(folder))
        for example in examples(files[0].read_text("utf-8")):
            outputs[example.command] = run_in(Path(folder), example.command)
            print(f"$ {example.command}\n{outputs[example.command]}", flush=True)
    for file in files:
        rewrite(file, outputs)


if __name__ == "__main__":
    main([Path(word) for word in sys.argv[1:]])
