"""One pair of each rule: the mistake is named at its line in the expected words, its sound twin left in peace.

The whole suite is run by `python scripts/faults.py`; docs/checks.md shows its table.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from glassnet.checks.rules import RULES

ROOT = Path(__file__).parents[2]
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")
SCRIPTS = sorted((ROOT / "faults").glob("*/*.words"))

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the suite forks")


def _load_suite():
    spec = importlib.util.spec_from_file_location("faults_script", ROOT / "scripts" / "faults.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


suite = _load_suite()


def test_every_rule_has_a_pair_with_words():
    assert {rule.code for rule in RULES} == {words.parent.name for words in SCRIPTS}


def alike(said: str, expected: str) -> bool:
    """Tell whether two texts are the same, numbers within a fifth: another processor rounds otherwise."""
    if NUMBER.sub("#", said) != NUMBER.sub("#", expected):
        return False
    numbers = [[float(n.replace(",", "")) for n in NUMBER.findall(text)] for text in (said, expected)]
    return all(abs(a - b) <= 0.2 * max(abs(a), abs(b)) + 1 for a, b in zip(*numbers, strict=True))


def test_this_comparison_can_fail():
    assert alike("the loss is 1.46 after 90 steps", "the loss is 1.45 after 90 steps")
    assert not alike("the loss is 1.46", "the rate is 1.46")
    assert not alike("the loss is 146", "the loss is 46")


@pytest.mark.parametrize("words", SCRIPTS, ids=lambda words: f"{words.parent.name}/{words.stem}")
def test_the_mistake_is_named_and_the_sound_twin_is_not(words):
    cases = suite.cases_of(words.with_suffix(".py"))
    sound, broken = sorted(suite.run_all(cases, jobs=1, details=False), key=lambda outcome: outcome.broken)
    assert not sound.trouble
    assert not sound.alarms
    assert not broken.trouble
    assert not broken.alarms
    assert broken.at_line, broken.said
    messages = [said.partition(": ")[2] for said in broken.said]
    assert any(alike(message, words.read_text("utf-8").strip()) for message in messages), messages
