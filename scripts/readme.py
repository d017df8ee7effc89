"""The console examples of the README and the guide: run them, compare what they print, or write it into them.

usage: python scripts/readme.py README.md README.zh-CN.md      rewrites the outputs in place
       python scripts/readme.py docs/see.md docs/see.zh-CN.md
       python scripts/readme.py --only 'look|explain' --folder FOLDER README.md README.zh-CN.md
                                runs and rewrites only these, in a folder that holds what the others wrote

An example is a code block marked `console`: lines that begin with `$ ` are commands, what follows is their
output, standard error included. A comment such as `<!-- paragraphs 2 3 -->` before the block says which
paragraphs of the output are shown; `…` stands for the others. All examples of a file are run in order in one
folder: in it are copies of docs/examples, and the code blocks that begin with a comment like `# my_net.py`.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

FILE = re.compile(r"^```python\n# (\w+\.py)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^(?:<!-- paragraphs ([\d ]+) -->\n)?```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HERE = re.compile(r"(glassnet (look|explain) [^&;|<>]*|python \w+\.py)")  # needs no shell
VARIES = ("precision", "device", "next", "difference")  # lines that another processor or a later time changes
EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"


@dataclass(frozen=True)
class Example:
    """One command of a README and what it is said to print: `paragraphs` of it, or all."""

    command: str
    output: str
    paragraphs: tuple[int, ...] = ()


def examples(text: str) -> list[Example]:
    """Find the examples of a README.

    Args:
        text: Of the file.

    Returns:
        In order.
    """
    found = []
    for paragraphs, block in BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append(Example(command, output, tuple(map(int, paragraphs.split()))))
    return found


def excerpt(output: str, paragraphs: tuple[int, ...]) -> str:
    """Take out of an output the paragraphs that are shown.

    Args:
        output: Of a command.
        paragraphs: Their numbers, from 1; none for all.

    Returns:
        Them, with `…` for those left out.
    """
    if not paragraphs:
        return output
    lines, before = [], 0
    parts = re.split(r"\n{2,}", output.strip("\n"))
    for number in paragraphs:
        lines += ["…"] * (number > before + 1) + parts[number - 1].splitlines() + [""]
        before = number
    return "\n".join([*lines[:-1], *(["…"] if before < len(parts) else [])]) + "\n"


def write_files(text: str, folder: Path) -> None:
    """Write the files that a README shows beside copies of docs/examples.

    Args:
        text: Of the README.
        folder: Where to.
    """
    shutil.copytree(EXAMPLES, folder, dirs_exist_ok=True)
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
    settings = {"COLUMNS": "110", "PYTHONIOENCODING": "utf-8", "GLASSNET_LANG": "en"}
    environment = {**os.environ, "PATH": path, **settings}
    done = subprocess.run(  # noqa: S602 — the README's own lines
        command, shell=True, cwd=folder, env=environment, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
    )  # fmt: skip
    return done.stdout


def run_here(folder: Path, command: str) -> str:
    """Run a command of the guide in this process, which saves the seconds in which PyTorch is loaded.

    Args:
        folder: Where.
        command: `glassnet look`, `glassnet explain` or `python FILE.py`; any other gets a shell (`run_in`).

    Returns:
        What it printed to standard output and error, in order; `…` stands for where glassnet is installed.
    """
    if not HERE.fullmatch(command):
        return run_in(folder, command)
    import glassnet
    from glassnet.cli.app import run

    words, printed, known = shlex.split(command), io.StringIO(), set(sys.modules)
    environment, path = dict(os.environ), list(sys.path)
    os.environ.update(COLUMNS="110", GLASSNET_LANG="en")
    sys.path.insert(0, str(folder))
    try:
        with (
            contextlib.chdir(folder),
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
        ):
            run(words[1:]) if words[0] == "glassnet" else runpy.run_path(words[1], run_name="__main__")
    finally:
        os.environ.clear()
        os.environ.update(environment)
        sys.path[:] = path
        for name in set(sys.modules) - known:
            if str(folder) in (getattr(sys.modules[name], "__file__", None) or ""):
                del sys.modules[name]  # another file of this name may follow
    return printed.getvalue().replace(f"{Path(glassnet.__file__).parent}{os.sep}", "…/glassnet/")


def figures(output: str) -> tuple[str, list[float]]:
    """Part an output into its words and its numbers, without what differs from run to run: times, versions.

    Args:
        output: Of a command of the guide.

    Returns:
        Words, with `0` for each number; the numbers.
    """
    varies = ("device", "versions", "设备", "版本")
    lines = [line for line in output.splitlines() if not line.startswith(varies)]
    text = re.sub(r"[\d.]+ (s|ms|µs)\b", "TIME", "\n".join(lines)).replace("−", "-")
    number = re.compile(r"(?<![\w.])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e-?\d+)?")
    found = [float(part.replace(",", "")) for part in number.findall(text)]
    return " ".join(number.sub("0", text).split()), found


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
        line = re.sub(r"^(confused|mistakes)?  .* (taken for|but it is) .*", r"\2", line)  # noqa: PLW2901 — which classes
        line = re.sub(r"( \*)?\s+", " ", line).strip()  # noqa: PLW2901 — the star marks the best epoch
        if line and not line.startswith(VARIES):
            lines.append(line)
    return sorted(lines)


def rewrite(file: Path, outputs: dict[str, str]) -> None:
    """Write outputs into a README.

    Args:
        file: The README.
        outputs: Of each command that was run; the others stay as they are.
    """

    def filled(match: re.Match[str]) -> str:
        parts = []
        for example in examples(match.group(0)):
            output = outputs.get(example.command)
            shown = example.output if output is None else excerpt(output, example.paragraphs)
            parts.append(f"$ {example.command}\n{shown}")
        head = match.group(0).partition("```console\n")[0]
        return f"{head}```console\n{''.join(parts)}```"

    file.write_text(BLOCK.sub(filled, file.read_text("utf-8")), "utf-8")


def main(files: list[Path], only: str, folder: Path) -> None:
    """Run the examples of the files and write what they print into them; a command they share runs once.

    Args:
        files: Of the same text in several languages.
        only: A pattern that is found in the commands that are run.
        folder: Where.
    """
    outputs: dict[str, str] = {}
    for file in files:
        text = file.read_text("utf-8")
        write_files(text, folder)
        for example in examples(text):
            if example.command not in outputs and re.search(only, example.command):
                outputs[example.command] = run_here(folder, example.command)
                print(f"$ {example.command}\n{outputs[example.command]}", flush=True)
    for file in files:
        rewrite(file, outputs)


if __name__ == "__main__":
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        main(given.files, given.only, (given.folder or Path(temporary)).resolve())
