"""Each pair about graphs, numbers and curves: the mistake is named at its line, its twin is left in peace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from watched_scripts import expected_codes, marked_lines, pairs, seen_of, sound_twin

from glassnet.checks.folding import folded
from glassnet.checks.rules import RULES
from glassnet.checks.wording import in_words

if TYPE_CHECKING:
    from pathlib import Path

ROWS = {20, 21, 30, 31, 32, 37, 45, 46, 49, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61}
OURS = [rule for rule in RULES if rule.row in ROWS]
PAIRS = pairs(*(rule.code for rule in OURS))


@pytest.mark.parametrize("script", PAIRS)
def test_mistake_is_named_at_its_line_in_these_words(script: Path) -> None:
    seen, text = seen_of(script), script.read_text("utf-8")
    found = folded(finding for rule in OURS for finding in rule.find(seen))
    named = [finding for finding in found if finding.code in expected_codes(text)]
    assert named, [finding.code for finding in found]
    assert named[0].source is not None
    assert named[0].source.line in marked_lines(text)
    assert in_words(named[0], "en").message == script.with_suffix(".words").read_text("utf-8").strip()
    assert in_words(named[0], "zh").mend


@pytest.mark.parametrize("script", PAIRS)
def test_nothing_is_said_of_the_sound_twin(script: Path, tmp_path: Path) -> None:
    twin = tmp_path / script.name
    twin.write_text(sound_twin(script.read_text("utf-8")), "utf-8")
    seen = seen_of(twin)
    assert seen.crash is None
    assert not [f for rule in OURS for f in rule.find(seen) if f.severity != "note"]
