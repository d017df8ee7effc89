"""Run a script's text under the watch, in this process, and give what some rules say to it."""

from __future__ import annotations

import runpy
import warnings
from textwrap import dedent
from typing import TYPE_CHECKING

from glassnet.checks.folding import folded
from glassnet.checks.rules import RULES
from glassnet.checks.wording import in_words
from glassnet.watching.observe import observe

if TYPE_CHECKING:
    from pathlib import Path

PROTOCOL = {23, 34, 39, 40, 41, 42, 43, 44, 47, 48, 50, 51, 62, 74, 75, 76}
HEAD = """
import torch
from torch import nn, optim
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
patterns = torch.randn(4, 10)
labels = torch.randint(0, 4, (200,))
images = patterns[labels] + 0.5 * torch.randn(200, 10)
train_loader = DataLoader(TensorDataset(images[:160], labels[:160]), batch_size=20, shuffle=True)
test_loader = DataLoader(TensorDataset(images[160:], labels[160:]), batch_size=20)
net = nn.Sequential(nn.Linear(10, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 4))
optimizer = optim.SGD(net.parameters(), lr=0.05)
"""


def findings_of(tmp_path: Path, text: str, *, head: str = HEAD) -> list[tuple[str, str, str, str]]:
    """Give code, form, severity and the line's text of each finding; every one has words in both languages."""
    file = tmp_path / "script.py"
    whole = head + dedent(text)
    file.write_text(whole)
    with observe(script=file) as watcher, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's own, about what the script does wrong
        try:
            runpy.run_path(str(file), run_name="__main__")
        except (RuntimeError, ValueError, AssertionError) as error:
            watcher.crashed(error)
    seen = watcher.seen()
    found = folded(finding for rule in RULES if rule.row in PROTOCOL for finding in rule.find(seen))
    lines = whole.splitlines()
    for finding in found:
        assert in_words(finding, "en").message
        assert in_words(finding, "zh").mend
    return [(f.code, f.form, f.severity, lines[f.source.line - 1].strip() if f.source else "") for f in found]


def wrong(findings: list[tuple[str, str, str, str]]) -> list[tuple[str, str, str, str]]:
    """Leave out notes."""
    return [finding for finding in findings if finding[2] != "note"]
