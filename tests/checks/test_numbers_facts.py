"""What the rules about numbers rest on: where a number is written, and that no two findings explain each other away."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

from glassnet.checks.folding import FOLDS
from glassnet.checks.rules import RULES
from glassnet.checks.rules.numbers_written import number_of, where_written
from glassnet.checks.seen import Seen
from glassnet.trace.trace import Source

# each of two has a form that explains the other one, and these forms do not occur together above `note`
NEVER_BOTH = ({"cannot-overfit-batch", "modes-disagree"}, {"cannot-overfit-batch", "plateau"})
TWO_LINES = """\
from torch.optim import SGD
config = {"lr": 5.0, "momentum": 0.9}
RATE = 0.5
def make(net, rate=3.0):
    one = SGD(net.parameters(), lr=config["lr"])
    two = SGD(net.parameters(), lr=RATE)
    three = SGD(net.parameters(), lr=rate)
    four = SGD(
        net.parameters(),
        lr=1e-9,
    )
    return one, two, three, four
"""


@pytest.mark.parametrize(
    ("call", "value", "line"),
    [(5, 5.0, 2), (6, 0.5, 3), (7, 3.0, 4), (8, 1e-9, 10), (5, 4.0, 5)],
)
def test_a_number_is_found_where_it_is_written(tmp_path: Path, call: int, value: float, line: int) -> None:
    file = tmp_path / "train.py"
    file.write_text(TWO_LINES)
    found = where_written(Source(str(file), call, "make"), "lr", value)
    assert found is not None
    assert found.line == line


@pytest.mark.parametrize(("text", "value"), [("1 - 0.999", 1 - 0.999), ("-3", -3.0), ("10 ** -3", 1e-3), ("1 / 255", 1 / 255)])  # fmt: skip
def test_arithmetic_on_literals_is_a_number(text: str, value: float) -> None:
    assert number_of(ast.parse(text, mode="eval").body) == value


@pytest.mark.parametrize("text", ["x", "True", "f(3)", "1 / 0", "'a'"])
def test_anything_else_is_none(text: str) -> None:
    assert number_of(ast.parse(text, mode="eval").body) is None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_rules_are_silent_where_nothing_was_seen(rule: object) -> None:
    assert list(rule.find(Seen("watch"))) == []  # type: ignore[attr-defined]


def test_no_two_findings_explain_each_other_away() -> None:
    explains: dict[str, set[str]] = {code: set(symptoms) for code, symptoms in FOLDS.items()}
    for file in (Path(importlib.import_module("glassnet.checks.rules").__file__ or "").parent).glob("*.py"):
        module = (
            importlib.import_module(f"glassnet.checks.rules.{file.stem}") if file.stem[0] != "_" else None
        )
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "Finding" or not node.args:
                continue
            given = next((k.value for k in node.keywords if k.arg == "explains"), None)
            if isinstance(node.args[0], ast.Constant) and given is not None:
                codes = {c.value for c in ast.walk(given) if isinstance(c, ast.Constant)}
                if isinstance(given, ast.Name) and module is not None:
                    codes = set(vars(module).get(given.id, ()))
                explains.setdefault(str(node.args[0].value), set()).update(map(str, codes))
    both = [
        (one, two)
        for one, found in explains.items()
        for two in found
        if one in explains.get(two, ()) and one < two and one not in FOLDS.get(two, ()) and two not in FOLDS.get(one, ())
        and {one, two} not in NEVER_BOTH
    ]  # fmt: skip
    assert both == []
