"""Findings as text: worst first, each with its line, what was seen, and the mend."""

from __future__ import annotations

import linecache
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from glassnet.checks.wording import in_words
from glassnet.terminal.console import from_here
from glassnet.texts import texts

if TYPE_CHECKING:
    from glassnet.checks.finding import Finding
    from glassnet.checks.found import Found
    from glassnet.checks.seen import Seen
    from glassnet.terminal.console import Terminal

STYLES = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}
MOST_UNSEEN = 5


def show_watched(seen: Seen, lang: str, terminal: Terminal) -> None:
    """Show what was watched: how many steps, of what.

    Args:
        seen: Everything that was seen.
        lang: A key of `glassnet.texts.LANGUAGES`.
        terminal: Where to.
    """
    words = texts(lang, "findings")
    names = words["comma"].join(network.name for network in seen.networks)
    if not seen.networks:
        line = words["no_network"]
    elif not seen.num_steps:
        line = words["no_step"].format(
            networks=names, passes=sum(e.count for e in seen.events if e.kind == "network")
        )
    else:
        line = words["watched"].format(
            networks=names, steps=f"{seen.num_steps:,}", looks=len(seen.looks), loss=_loss(seen)
        )
    terminal.text.print()
    terminal.text.print(Text(f"glassnet  {line}", style="bold"))
    show_crash(seen, words, terminal)


def show_crash(seen: Seen, words: dict[str, str], terminal: Terminal) -> None:
    """Show the exception that ended it, with the shapes that led to it.

    Args:
        seen: Everything that was seen.
        words: Those of the findings.
        terminal: Where to.
    """
    crash = seen.crash
    if crash is None:
        return
    where = f"{from_here(crash.source.file)}:{crash.source.line}: " if crash.source else ""
    message = crash.message.strip().split("\n")[0]
    terminal.text.print(Text(f"  {where}{crash.type}: {message}".rstrip(": ")))
    if crash.what:
        terminal.text.print(Text(f"  {words['crash_what']}{crash.what}"))
    if crash.before:
        terminal.text.print(Text(f"  {words['crash_before']}{'; '.join(crash.before)}"))


def show_checked(net: str, seen: Seen, seconds: float, lang: str, terminal: Terminal) -> None:
    """Show what was checked.

    Args:
        net: The network's name.
        seen: What its short training showed.
        seconds: What it took.
        lang: A key of `glassnet.texts.LANGUAGES`.
        terminal: Where to.
    """
    words = texts(lang, "findings")
    line = words["checked" if seen.splits else "checked_noise"].format(
        net=net, steps=seen.num_steps, seconds=f"{seconds:.1f}"
    )
    terminal.text.print()
    terminal.text.print(Text(f"glassnet  {line}", style="bold"))
    show_crash(seen, words, terminal)


def _loss(seen: Seen) -> str:
    return f"{seen.losses[0].value:.4g} → {seen.losses[-1].value:.4g}" if seen.losses else "?"


def show_found(found: Found, lang: str, terminal: Terminal) -> None:
    """Show the findings.

    Args:
        found: From `find`.
        lang: A key of `glassnet.texts.LANGUAGES`.
        terminal: Where to.
    """
    words = texts(lang, "findings")
    for finding in found.findings:
        terminal.text.print()
        _show(finding, words, lang, terminal)
    terminal.text.print()
    counts = [
        sum(f.severity == severity for f in found.findings) for severity in ("error", "warning", "note")
    ]
    terminal.text.print(
        words["counts"].format(errors=counts[0], warnings=counts[1], notes=counts[2])
        if found.findings
        else words["nothing"]
    )
    for finding, silence in found.silenced:
        line = words[f"silenced_{silence.by}"].format(code=finding.code, place=place_of(finding))
        terminal.text.print(Text(line, style="dim"))
    for unseen in found.unseen[:MOST_UNSEEN]:
        where = f"{from_here(unseen.source.file)}:{unseen.source.line}: " if unseen.source else ""
        terminal.text.print(Text(words["unseen"].format(what=f"{where}{unseen.what}"), style="dim"))
    if len(found.unseen) > MOST_UNSEEN:
        more = words["more_unseen"].format(count=len(found.unseen) - MOST_UNSEEN)
        terminal.text.print(Text(more, style="dim"))


def _counts(found: Found, words: dict[str, str]) -> str:
    severities = [finding.severity for finding in found.findings]
    return words["counts"].format(
        errors=severities.count("error"), warnings=severities.count("warning"), notes=severities.count("note")
    )


def place_of(finding: Finding) -> str:
    """Write where a finding is.

    Args:
        finding: Any.

    Returns:
        `train.py:12`, or the module's path, or nothing.
    """
    if finding.source is None:
        return finding.module
    return f"{from_here(finding.source.file)}:{finding.source.line}"


def _show(finding: Finding, words: dict[str, str], lang: str, terminal: Terminal) -> None:
    told = in_words(finding, lang)
    head = Text(words[finding.severity], style=STYLES[finding.severity])
    head.append(f"  {told.title}", style="bold")
    head.append(f"  [{finding.code}]", style="dim")
    terminal.text.print(head)
    place = place_of(finding)
    if place:
        line = linecache.getline(finding.source.file, finding.source.line).strip() if finding.source else ""
        terminal.text.print(Text(f"  {place}"), Text(f"  {line}", style="dim"), sep="")
    terminal.text.print(Text(f"  {told.message}"))
    mend, *more = told.mend.strip().split("\n")
    terminal.text.print(Text(f"  {words['mend']}{mend}", style="green"))
    for line in more:
        terminal.text.print(Text(f"  {' ' * cell_len(words['mend'])}{line}", style="green"))
