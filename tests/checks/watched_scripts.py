"""Run a script of the fault suite, broken or sound, under observation."""

from __future__ import annotations

import contextlib
import io
import re
import runpy
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from glassnet.watching.observe import observe

if TYPE_CHECKING:
    from glassnet.checks.seen import Seen

FAULTS = Path(__file__).parents[2] / "faults"


def sound_twin(text: str) -> str:
    """Make the sound twin: lines that end in `# mistake` go, lines `# sound: …` come in."""
    lines = [line for line in text.splitlines() if not line.rstrip().endswith("# mistake")]
    return "\n".join(re.sub(r"^(\s*)# sound: ?", r"\1", line) for line in lines) + "\n"


def marked_lines(text: str) -> set[int]:
    """Number the lines that a finding may name."""
    return {
        n for n, line in enumerate(text.splitlines(), 1) if re.search(r"# (mistake|named here)\s*$", line)
    }


def expected_codes(text: str) -> list[str]:
    """Read the codes in a script's header."""
    found = re.search(r"^# expect: (.*)$", text, re.MULTILINE)
    return found[1].split() if found else []


def seen_of(script: Path) -> Seen:
    """Run a script as Python would and give what was seen of it; its own error is part of that."""
    threads, argv = torch.get_num_threads(), sys.argv
    sys.argv = [str(script)]
    torch.manual_seed(0)
    try:
        quiet, printed = warnings.catch_warnings(action="ignore"), contextlib.redirect_stdout(io.StringIO())
        with observe(script=script) as watcher, printed, quiet:
            try:
                runpy.run_path(str(script), run_name="__main__")
            except Exception as error:
                watcher.crashed(error)
    finally:
        sys.argv = argv
        torch.set_num_threads(threads)
    return watcher.seen()


def pairs(*codes: str) -> list:
    """List the pairs of some codes whose words are written down."""
    files = [file for code in codes for file in sorted((FAULTS / code).glob("*.py"))]
    return [
        pytest.param(f, id=f"{f.parent.name}/{f.stem}") for f in files if f.with_suffix(".words").exists()
    ]
