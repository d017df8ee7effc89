"""Run the fault suite: are the mistakes named, at the right line, and is glassnet silent on the sound twins?

usage: python scripts/faults.py [NAME...] [--jobs N] [--details] [--words] [--json FILE]

NAME is a code, a file, or `sound`. One file under `faults/CODE/` is one pair. As it stands it has a mistake;
its sound twin is made from it: lines that end in `# mistake` go, lines that begin with `# sound: ` come in.
The finding must have a code that the header names (`# expect:`), at a line marked `# mistake` or
`# named here`. `# also:` names other findings that are right in the broken one; `# run: check Net SOURCE` has
the network in the file checked instead of the script watched. Files in `faults/sound/` have no mistake.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import select
import signal
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path

SUITE = Path(__file__).parent.parent / "faults"
SECONDS = 120  # for one script
KEPT = ("name", "broken", "named", "at_line", "alarms")  # of an outcome, in the file
SOUND = re.compile(r"^(\s*)# sound: ?(.*)$")


@dataclass(frozen=True)
class Case:
    """A script to run: the broken one of a pair, its sound twin, or one that has no mistake."""

    name: str  # softmax-twice/tutorial.py
    broken: bool
    text: str
    codes: tuple[str, ...]
    also: tuple[str, ...]
    lines: frozenset[int]
    run: tuple[str, ...]


@dataclass
class Outcome:
    """What glassnet said to it."""

    name: str
    broken: bool
    named: bool = False
    at_line: bool = False
    alarms: list[str] = field(default_factory=list)  # findings above note that are not right
    said: list[str] = field(default_factory=list)
    trouble: str = ""
    seconds: float = 0.0


def cases_of(path: Path) -> list[Case]:
    """Read a file of the suite."""
    text = path.read_text("utf-8")
    name = f"{path.parent.name}/{path.name}"
    if path.parent.name == "sound":
        return [Case(name, False, text, (), (), frozenset(), _header(text, "run"))]
    lines = text.split("\n")
    marked = {n for n, line in enumerate(lines, 1) if line.rstrip().endswith(("# mistake", "# named here"))}
    codes = _header(text, "expect")
    return [
        Case(name, True, text, codes, _header(text, "also"), frozenset(marked), _header(text, "run")),
        Case(name, False, sound_twin(text), (), (), frozenset(), _header(text, "run")),
    ]


def sound_twin(text: str) -> str:
    """Make the sound twin of a broken script."""
    kept = []
    for line in text.split("\n"):
        if line.rstrip().endswith("# mistake"):
            continue
        added = SOUND.match(line)
        kept.append(added[1] + added[2] if added else line)
    return "\n".join(kept)


def _header(text: str, key: str) -> tuple[str, ...]:
    found = re.search(rf"^# {key}: (.*)$", text, re.MULTILINE)
    return tuple(found[1].split()) if found else ()


def run_case(case: Case, folder: Path) -> dict:
    """Watch or check a script, in this process."""
    from glassnet.verbs.check import check
    from glassnet.verbs.findings_data import found_as_data
    from glassnet.verbs.watch import watch_script

    script = folder / Path(case.name).name
    script.write_text(case.text, "utf-8")
    os.chdir(folder)
    if case.run[:1] == ("check",):
        net, *source = case.run[1:]
        return found_as_data(check(f"{script.name}:{net}", *source, lang="en").found, "en")
    args = case.run[1:] if case.run[:1] == ("watch",) else ()
    watched = watch_script(script.name, args, lang="en")
    assert watched.found is not None
    return {**found_as_data(watched.found, "en"), "exit_code": watched.exit_code}


def start(case: Case) -> tuple[int, int, float, tempfile.TemporaryDirectory]:
    """Run a case in a process of its own, forked off so that nothing is imported again."""
    folder = tempfile.TemporaryDirectory()
    reading, writing = os.pipe()
    sys.stdout.flush()
    process = os.fork()
    if process:
        os.close(writing)
        return process, reading, time.perf_counter(), folder
    os.setpgid(0, 0)
    log = os.open(Path(folder.name) / "log", os.O_WRONLY | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        answer = run_case(case, Path(folder.name))
    except BaseException as error:  # a crash is an outcome
        answer = {"trouble": f"{type(error).__name__}: {error}"}
    os.write(writing, json.dumps(answer).encode())
    os._exit(0)


def judge(case: Case, answer: dict, seconds: float) -> Outcome:
    """Compare what was said with what should be."""
    outcome = Outcome(case.name, case.broken, seconds=round(seconds, 2), trouble=answer.get("trouble", ""))
    for finding in answer.get("findings", ()):
        said = f"{finding['severity']} {finding['code']} line {finding['line']}: {finding['message']}"
        outcome.said.append(said)
        if finding["code"] in case.codes:
            outcome.named = True
            outcome.at_line |= not case.lines or finding["line"] in case.lines
        elif finding["severity"] != "note" and finding["code"] not in case.also:
            outcome.alarms.append(said)
    failed = [one["what"] for one in answer.get("unseen", ()) if "could not be checked" in one["what"]]
    outcome.trouble = "; ".join(filter(None, [outcome.trouble, *failed]))
    return outcome


def run_all(cases: list[Case], jobs: int, *, details: bool) -> list[Outcome]:
    """Run all cases, some at a time; with `details` tell of each that went wrong, at once."""
    waiting, running, outcomes = list(reversed(cases)), {}, []
    while waiting or running:
        while waiting and len(running) < jobs:
            case = waiting.pop()
            process, reading, began, folder = start(case)
            running[reading] = (case, process, began, folder, bytearray())
        ready, _, _ = select.select(list(running), [], [], 1.0)
        for reading in list(running):
            case, process, began, folder, content = running[reading]
            seconds = time.perf_counter() - began
            if reading in ready:
                more = os.read(reading, 1 << 20)
                content.extend(more)
                if more:
                    continue
                answer = json.loads(content) if content else {"trouble": "the process died"}
            elif seconds > SECONDS:
                answer = {"trouble": f"longer than {SECONDS} s"}
            else:
                continue
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process, signal.SIGKILL)
            os.waitpid(process, 0)
            os.close(reading)
            folder.cleanup()
            del running[reading]
            outcomes.append(judge(case, answer, seconds))
            if details:
                tell(outcomes[-1])
    return sorted(outcomes, key=lambda outcome: (outcome.name, not outcome.broken))


def tell(one: Outcome) -> None:
    """Print what went wrong with a case."""
    if one.alarms or one.trouble or (one.broken and not one.at_line):
        kind = "broken" if one.broken else "sound"
        state = "" if not one.broken else "named, other line" if one.named else "not named"
        print(f"{one.name} ({kind}) {state} {one.trouble}", *one.said, sep="\n    ", flush=True)


def write_words(suite: Path, outcomes: list[Outcome]) -> None:
    """Write what was said of one pair of each code that has no file of expected words."""
    for code in sorted({one.name.partition("/")[0] for one in outcomes}):
        if any((suite / code).glob("*.words")):
            continue
        good = [one for one in outcomes if one.name.startswith(f"{code}/") and one.broken and one.at_line]
        for one in good[:1]:
            said = next(said for said in one.said if said.split()[1] == code)
            words = said.partition(": ")[2]
            (suite / one.name).with_suffix(".words").write_text(f"{words}\n", "utf-8")


def table(outcomes: list[Outcome]) -> str:
    """Give the suite's table: a row a code."""
    from glassnet.checks.rules import RULES

    rows = defaultdict(lambda: [0, 0, 0, 0, 0])
    for one in outcomes:
        row = rows[one.name.partition("/")[0]]
        if one.broken:
            row[0] += 1
            row[1] += one.named
            row[2] += one.at_line
            row[3] += bool(one.alarms)
        else:
            row[4] += bool(one.alarms)
    order = {rule.code: rule.row for rule in RULES}
    lines = ["row  code                           pairs  named  at the line  other alarms  alarms on sound"]
    for code in sorted(rows, key=lambda code: order.get(code, 99)):
        pairs, named, at_line, others, alarms = rows[code]
        lines.append(
            f"{order.get(code, '')!s:>3}  {code:<30} {pairs:>5}  {named:>5}  {at_line:>11}  {others:>12}  {alarms:>15}"
        )
    totals = [sum(row[place] for row in rows.values()) for place in range(5)]
    share = f"{totals[1] / totals[0]:.1%} named, {totals[2] / totals[0]:.1%} at the line" if totals[0] else ""
    sound = sum(not one.broken for one in outcomes)
    lines.append(
        f"{totals[0]} pairs: {share}; {totals[3]} broken ones with another alarm; "
        f"{totals[4]} of {sound} sound scripts with an alarm"
    )
    return "\n".join(lines)


def main() -> int:
    """Run what is asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--suite", type=Path, default=SUITE)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--details", action="store_true", help="tell of each case that went wrong")
    parser.add_argument(
        "--words", action="store_true", help="write the words of a pair of each code that has none"
    )
    parser.add_argument("--json", type=Path, help="write all outcomes into this file")
    asked = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"  # the cases share the cores
    import torch
    import torchvision  # noqa: F401 — loaded once, for all

    import glassnet.verbs.check
    import glassnet.verbs.watch  # noqa: F401

    torch.set_num_threads(1)
    files = sorted(asked.suite.glob("*/*.py"))
    if asked.names:
        files = [f for f in files if {f.parent.name, f.name, f"{f.parent.name}/{f.name}"} & set(asked.names)]
    outcomes = run_all([case for file in files for case in cases_of(file)], asked.jobs, details=asked.details)
    print(table(outcomes))
    if asked.json:
        rows = [{name: content for name, content in asdict(one).items() if name in KEPT} for one in outcomes]
        text = ",\n".join(json.dumps(row) for row in rows)
        asked.json.write_text(f"[\n{text}\n]\n", "utf-8")
    if asked.words:
        write_words(asked.suite, outcomes)
    bad = [
        one
        for one in outcomes
        if (one.alarms and not one.broken) or (one.broken and not one.named) or one.trouble
    ]
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
