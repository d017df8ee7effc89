"""Check networks of torchvision and timm as `glassnet check NET` does: they are sound, so nothing may be said.

usage: python scripts/check_networks.py [--family NAME ...] [--name NAME ...] [--limit N] [--each N]
       [--rules CODE ...] [--output FILE.md]

All classification networks of torchvision, and the smallest ones of each family of timm (its modules), LIMIT
in all, with random weights and small pictures of noise: a copy of each is trained for two steps, and all
rules read what was seen. A finding above `note` is a defect of its rule, or is argued for in ARGUED. Each
family runs in a process of its own. Exit code 1 where there is such a finding, or a rule failed.
"""

from __future__ import annotations

import argparse
import datetime
import gc
import platform
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from timm.models._registry import list_modules

from glassnet.checks.found import find
from glassnet.checks.rules import RULES
from glassnet.checks.wording import in_words
from glassnet.verbs.trial import try_noise
from networks import (
    MOST_PARAMETERS,
    TORCHVISION,
    VERSIONS,
    in_own_process,
    make,
    minutes_of_processor,
    of_timm,
    of_torchvision,
    shares,
    short_place,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glassnet.checks.finding import Finding
    from glassnet.checks.rules import Rule

LIMIT = 420  # networks of timm
MILLION = 1_000_000
ARGUED: dict[tuple[str, str], str] = {}  # by network and code: why a finding above note is true
SLOWEST = 12  # rules that are listed with their time


@dataclass
class Row:
    """What was found of one network; `failure` is the first line of the error that prevented it."""

    family: str
    network: str
    failure: str = ""
    shape: tuple[int, ...] = ()
    parameters: int = 0
    notes: Counter[str] = field(default_factory=Counter)
    bad: list[tuple[str, str, str]] = field(default_factory=list)  # severity, code, words
    said: list[tuple[str, str]] = field(default_factory=list)  # code and words of notes
    unseen: list[str] = field(default_factory=list)
    seconds: float = 0.0  # of the processor, training and rules
    seconds_of_rules: dict[str, float] = field(default_factory=dict)

    @property
    def wrong(self) -> list[tuple[str, str, str]]:
        """Name the findings above note that nobody argued for."""
        return [found for found in self.bad if (self.network, found[1]) not in ARGUED]


# -- one network ---------------------------------------------------------------------------------------------


def check(family: str, name: str, codes: Sequence[str] | None) -> Row:
    """Check a network.

    Args:
        family: `torchvision …`, or one of timm's.
        name: Of the network.
        codes: Of the rules; None for all.

    Returns:
        What was found.
    """
    row = Row(family, name)
    torch.manual_seed(0)
    try:
        _check(row, [rule for rule in RULES if codes is None or rule.code in codes])
    except Exception as error:
        traceback.print_exc()
        message = str(error).strip()
        row.failure = f"{type(error).__name__}: {message.splitlines()[0] if message else ''}"
    return row


def _check(row: Row, rules: list[Rule]) -> None:
    net, picture = make(row.family, row.network, small=True)
    row.shape = tuple(picture.shape[1:])
    row.parameters = sum(parameter.numel() for parameter in net.parameters())
    began = time.process_time()
    seen = try_noise(net, row.shape)
    if seen.crash is not None:
        row.failure = f"{seen.crash.type}: {seen.crash.message.splitlines()[0]}"
    timed = [_timed(rule, row.seconds_of_rules) for rule in rules]
    found = find(seen, rules=timed)
    row.seconds = time.process_time() - began
    for finding in found.findings:
        if finding.severity == "note":
            row.notes[finding.code] += 1
            row.said.append((finding.code, _words(finding)))
        else:
            row.bad.append((finding.severity, finding.code, _words(finding)))
    row.unseen = [unseen.what for unseen in found.unseen]


def _timed(rule: Rule, seconds: dict[str, float]) -> Rule:
    def find_timed(seen):
        began = time.process_time()
        try:
            return list(rule.find(seen))
        finally:
            seconds[rule.code] = time.process_time() - began

    return type(rule)(rule.code, rule.row, rule.stages, find_timed, rule.slow)


def _words(finding: Finding) -> str:
    place = f"{short_place(finding.source.file)}:{finding.source.line} " if finding.source else ""
    module = f"({finding.module}) " if finding.module else ""
    return place + module + in_words(finding, "en").message


# -- all of them ---------------------------------------------------------------------------------------------


def check_all(family: str, names: list[str], codes: Sequence[str] | None) -> list[Row]:
    """Check networks one after the other, and print lines for each.

    Args:
        family: Theirs.
        names: Theirs.
        codes: Of the rules; None for all.

    Returns:
        A row for each.
    """
    rows = []
    for name in names:
        rows.append(check(family, name, codes))
        print(line_of(rows[-1]), flush=True)
        gc.collect()
    return rows


def line_of(row: Row) -> str:
    """Write what was found of a network on lines.

    Args:
        row: What was found.

    Returns:
        A line, and one for each finding and whatever could not be checked.
    """
    side = f"{row.shape[-1]}²" if row.shape else "—"
    notes = ", ".join(f"{count} × {code}" for code, count in row.notes.items())
    slowest = max(row.seconds_of_rules.items(), key=lambda e: e[1], default=("", 0.0))
    head = (
        f"{row.family:24} {row.network:40} {side:>5} {row.parameters / MILLION:7.2f} M {row.seconds:5.1f} s "
        f"(rules {sum(row.seconds_of_rules.values()):.1f} s, {slowest[0]} {slowest[1]:.1f} s) "
        f"{row.failure or 'ok'}; notes: {notes or 'none'}"
    )
    found = [f"    {severity.upper()} {code}: {words}" for severity, code, words in row.bad]
    said = [f"    note {code}: {words}" for code, words in row.said]
    return "\n".join([head, *found, *said, *(f"    UNSEEN {what}" for what in row.unseen)])


def main() -> int:
    """Run.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--family", nargs="+", help="only these: modules of timm, or torchvision")
    parser.add_argument("--name", nargs="+", help="only these networks")
    parser.add_argument("--limit", type=int, default=LIMIT, help=f"networks of timm (default {LIMIT})")
    parser.add_argument("--each", type=int, help="at most so many networks of each family")
    parser.add_argument("--rules", nargs="+", help="only the rules of these codes")
    parser.add_argument("--output", type=Path, help="the table goes there, too, as Markdown")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows: list[Row] = []
    for family, names in chosen(options.family, options.limit).items():
        some = [name for name in names if not options.name or name in options.name][: options.each]
        rows += (in_own_process(check_all, family, some, options.rules) if some else []) or [
            Row(family, name, failure="the process died") for name in some
        ]
    text = report(rows, minutes=minutes_of_processor())
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    return int(any(row.failure or row.wrong for row in rows))


def chosen(asked: list[str] | None, limit: int) -> dict[str, list[str]]:
    """Choose networks, the smallest of each family.

    Args:
        asked: Families; None for all.
        limit: How many of timm.

    Returns:
        Their names by family.
    """
    families = asked or ["torchvision", *list_modules()]
    names = {
        family: [name for name, size in sizes.items() if size <= MOST_PARAMETERS]
        for family, sizes in of_torchvision().items()
        if "torchvision" in families or family in families
    }
    ours = [family for family in families if not family.startswith("torchvision")]
    known = {
        family: [name for name, size in in_own_process(of_timm, family).items() if size <= MOST_PARAMETERS]
        for family in ours
    }
    dealt = shares({family: len(found) for family, found in known.items()}, limit)
    return names | {family: known[family][:share] for family, share in dealt.items() if share}


# -- what is written -----------------------------------------------------------------------------------------


def report(rows: list[Row], *, minutes: float) -> str:
    """Write the table of families, and what stands out.

    Args:
        rows: Of all networks.
        minutes: Of processor time that the whole took.

    Returns:
        Markdown.
    """
    families: dict[str, list[Row]] = {}
    for row in rows:
        families.setdefault(row.family, []).append(row)
    num_torchvision = sum(row.family.startswith(TORCHVISION) for row in rows)
    today = datetime.datetime.now(tz=datetime.UTC).date()
    wrong = [f"- `{row.network}`: {code}: {words}" for row in rows for _, code, words in row.wrong]
    failed = [f"- `{row.network}` ({row.family}): {row.failure}" for row in rows if row.failure]
    unseen = Counter(what for row in rows for what in row.unseen)
    return "\n".join(
        [
            "# Sound networks",
            "",
            f"{num_torchvision} classification networks of torchvision and {len(rows) - num_torchvision} of",
            f"timm, from {len(families)} families, checked by `scripts/check_networks.py` on {today} with",
            f"{VERSIONS}, Python {platform.python_version()}, on one core of {platform.machine()},",
            f"in {minutes:.0f} minutes of processor time. As in `glassnet check NET`: random weights, a copy of",
            "the network trained for two steps on noise, then the extra passes of the rules, and all",
            f"{len(RULES)} rules over what was seen; pictures are as small as the network takes them, from",
            f"64 pixels on. Networks of more than {MOST_PARAMETERS // MILLION} million parameters were left out.",
            "",
            "These networks are published and known to learn, so a finding above `note` is a false alarm",
            "unless it is argued for below.",
            "",
            f"Findings above `note` that stand unargued: {len(wrong)}.",
            "",
            "| family | networks | not run | above note | notes |",
            "|---|--:|--:|--:|---|",
            *(_family_line(family, entries) for family, entries in families.items()),
            _family_line("all", rows),
            "",
            "## Findings above note",
            "",
            *(wrong or ["None."]),
            "",
            *_argued(rows),
            "## Notes by code",
            "",
            *_notes(rows),
            "",
            "## Time",
            "",
            *_times(rows),
            "",
            "## What did not run",
            "",
            *(failed or ["Nothing."]),
            "",
            "## What could not be seen or checked",
            "",
            *([f"- {what} ({count} times)" for what, count in unseen.most_common()] or ["Nothing."]),
            "",
        ]
    )


def _argued(rows: list[Row]) -> list[str]:
    found = [(row.network, code, words) for row in rows for _, code, words in row.bad]
    lines = [
        f"- `{network}`: {code}: {words} {ARGUED[network, code]}"
        for network, code, words in found
        if (network, code) in ARGUED
    ]
    return ["## Argued for", "", *lines, ""] if lines else []


def _notes(rows: list[Row]) -> list[str]:
    notes = sum((row.notes for row in rows), Counter())
    networks = Counter(code for row in rows for code in row.notes)
    example = {code: f"`{row.network}`: {words}" for row in reversed(rows) for code, words in row.said}
    lines = [
        f"| {code} | {count} | {networks[code]} | {example[code].replace('|', '∣')} |"
        for code, count in notes.most_common()
    ]
    return ["| code | notes | networks | the first |", "|---|--:|--:|---|", *lines] if lines else ["None."]


def _times(rows: list[Row]) -> list[str]:
    seconds: Counter[str] = Counter()
    longest: dict[str, tuple[float, str]] = {}
    for row in rows:
        for code, taken in row.seconds_of_rules.items():
            seconds[code] += taken
            longest[code] = max(longest.get(code, (0.0, "")), (taken, row.network))
    total = sum(row.seconds for row in rows)
    return [
        f"{total:.0f} seconds of the processor for all networks, {sum(seconds.values()):.0f} of them in rules.",
        "",
        "| rule | seconds in all | longest | network |",
        "|---|--:|--:|---|",
        *(
            f"| {code} | {taken:.1f} | {longest[code][0]:.2f} | {longest[code][1]} |"
            for code, taken in seconds.most_common(SLOWEST)
        ),
    ]


def _family_line(family: str, rows: list[Row]) -> str:
    notes = sum((row.notes for row in rows), Counter())
    cells = [
        family,
        len(rows),
        sum(bool(row.failure) for row in rows),
        sum(len(row.bad) for row in rows),
        ", ".join(f"{code} {count}" for code, count in notes.most_common()),
    ]
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    raise SystemExit(main())
