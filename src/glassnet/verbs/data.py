"""`data`: what a source of pictures holds, and what is wrong with it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from glassnet.audit.make import make_audit
from glassnet.audit.saved import audit_as_data, read_audit, save_audit
from glassnet.checks.found import find
from glassnet.checks.rules import RULES
from glassnet.checks.seen import Seen
from glassnet.checks.silence import ignored_codes
from glassnet.draw import missing_font
from glassnet.errors import UsageError
from glassnet.terminal import open_terminal, quoted, show_field, show_next
from glassnet.terminal.audit_answer import show_audit, show_times
from glassnet.terminal.findings import show_found
from glassnet.texts import choose_language, texts
from glassnet.verbs.data_files import write_figures
from glassnet.verbs.findings_data import found_as_data
from glassnet.verbs.source import read_source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glassnet.audit.audit import Audit
    from glassnet.checks.found import Found
    from glassnet.pictures.pictures import Pictures
    from glassnet.terminal import Terminal
    from glassnet.verbs.source import Source

CODES = tuple(rule.code for rule in RULES)
OF_DATA = tuple(rule for rule in RULES if "D" in rule.stages)


@dataclass(frozen=True, eq=False)
class Audited:
    """What `data` found.

    Attributes:
        audit: The numbers, the copies and the doubtful labels.
        found: Findings of the rules that look at pictures: those that `check` has, too.
        files: Figures that were written.
        saved: Whether the audit was read from the cache.
    """

    audit: Audit
    found: Found
    files: tuple[Path, ...]
    saved: bool


def data(
    source: Source,
    *,
    figures: Path | str | None = None,
    fresh: bool = False,
    data_dir: Path | None = None,
    lang: str | None = None,
    terminal: Terminal | None = None,
) -> Audited:
    """Audit a source: counts, blank and repeated pictures, doubtful labels, differences between splits.

    Args:
        source: A SOURCE of the command line, or pictures.
        figures: Folder for pictures of the classes, the copies and the doubtful labels; None for none.
        fresh: Whether not to read from the cache what was found before.
        data_dir: Where data sets are looked for first.
        lang: `en` or `zh`, see `choose_language`.
        terminal: Where texts go; None for standard error.

    Returns:
        The audit and the findings.

    Raises:
        PicturesError: The source cannot be used, or holds only one picture.

    Example:
        >>> from glassnet.pictures import load
        >>> audited = data(load("fashion-mini")["test"].take(range(90), split="train"), lang="en")
        >>> audited.audit.splits[0].images, len(audited.audit.copies), audited.audit.labels.skipped
        (90, 1, 'too_few')
    """
    lang, terminal = choose_language(lang), terminal or open_terminal(json=True)
    began = time.perf_counter()
    splits = read_source(source, terminal, data_dir=data_dir)
    reading = time.perf_counter() - began
    audit, saved = _audited(splits, lang, terminal, fresh=fresh)
    began = time.perf_counter()
    found = findings_of(splits, audit)
    seconds = {"reading": reading, **audit.seconds, "findings": time.perf_counter() - began}
    audit = replace(audit, seconds=seconds)
    words = texts(lang, "data")
    terminal.text.print(Text(f"glassnet  data {audit.source}", style="bold"))
    for note in dict.fromkeys(note for pictures in splits.values() for note in pictures.notes):
        if not note.startswith("No picture of "):  # the audit names empty classes, in both languages
            show_field(words["note"], note, terminal)
    show_audit(audit, lang, terminal)
    files = ()
    if figures is not None:
        folder = Path(figures).expanduser()
        files = write_figures(audit, folder, lang)
        sentence = missing_font([*audit.classes, *words.values()] if lang == "zh" else audit.classes)
        if sentence:
            show_field(words["note"], sentence, terminal)
        for number, file in enumerate(files):
            show_field("" if number else words["files"], str(file), terminal)
    show_times(audit.seconds, lang, terminal, saved=saved)
    show_found(found, lang, terminal)
    show_next(_next(audit, figures), terminal, name=words["next"])
    return Audited(audit, found, files, saved)


def findings_of(splits: Mapping[str, Pictures], audit: Audit | None) -> Found:
    """Run the rules that look at pictures.

    Args:
        splits: By name.
        audit: What is known of the copies; None where nobody looked.

    Returns:
        Their findings.
    """
    seen = Seen("check", splits=dict(splits), audit=audit)
    seen.classes = next(iter(splits.values())).classes
    return find(seen, ignored=ignored_codes(Path.cwd(), CODES), rules=OF_DATA)


def _audited(
    splits: Mapping[str, Pictures], lang: str, terminal: Terminal, *, fresh: bool
) -> tuple[Audit, bool]:
    """Make the audit, or read it; tell each step that takes long."""
    shapes = {pictures.policy for pictures in splits.values()}
    if len(shapes) > 1:
        raise UsageError(
            "the splits have pictures of different sizes",
            got=", ".join(f"{shape.width}×{shape.height}" for shape in shapes), expected="one size",
        )  # fmt: skip
    words = texts(lang, "data")
    if not fresh and (found := read_audit(splits)):
        return found, True
    steps = make_audit(splits)
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            save_audit(end.value)
            return end.value, False
        if terminal.progress.is_terminal:
            terminal.progress.print(Text(f"… {words[f'step_{step.step}']}", style="dim"))


def _next(audit: Audit, figures: Path | str | None) -> list[str]:
    source = quoted(audit.source)
    commands = [] if figures else [f"glassnet data {source} --figures pictures-of-data"]
    return [*commands, f"glassnet train {source}"]


def audited_as_data(audited: Audited, lang: str) -> dict[str, Any]:
    """Give what `data` found as plain data.

    Args:
        audited: From `data`.
        lang: Of the findings' messages.

    Returns:
        What JSON can hold: the fields of `Audit`, `files`, and those of `found_as_data`.
    """
    return {
        **audit_as_data(audited.audit),
        "files": [str(file) for file in audited.files],
        **found_as_data(audited.found, lang),
    }
