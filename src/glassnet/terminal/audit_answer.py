"""An audit as text: one field for each thing that was looked at, also where nothing was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glassnet.audit.make import MOST_PICTURES, shown_copies
from glassnet.terminal.console import show_field, show_table
from glassnet.texts import texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glassnet.audit.audit import Audit, Copy, SplitFacts
    from glassnet.terminal.console import Terminal

MOST_CLASSES, MOST_SIZES, MOST_LISTED, MOST_DOUBTS, MOST_NAMES = 30, 4, 5, 30, 12
Words = dict[str, str]


def show_audit(audit: Audit, lang: str, terminal: Terminal) -> None:
    """Show what a source holds, and what is wrong with it.

    Args:
        audit: It.
        lang: A key of `glassnet.texts.LANGUAGES`.
        terminal: Where to.
    """
    words = texts(lang, "data")
    _show_numbers(audit, words, terminal)
    terminal.text.print()
    for facts in audit.splits:
        total = facts.images + len(facts.rejected)
        line = words["unreadable_line"].format(
            split=words[f"split_{facts.name}"], count=f"{len(facts.rejected):,}", total=f"{total:,}"
        )
        _show_list(
            "unreadable", line, [f"{one.path}: {one.reason}" for one in facts.rejected], words, terminal
        )
        line = words["blank_line"].format(split=words[f"split_{facts.name}"], count=f"{len(facts.blank):,}")
        _show_list("blank", line, [place.path for place in facts.blank], words, terminal)
    for name in ("unreadable", "blank"):
        if not any(facts.rejected if name == "unreadable" else facts.blank for facts in audit.splits):
            show_field(words[name], words["none"], terminal)
    for kind in ("exact", "near"):
        _show_copies(audit, kind, words, terminal)
    terminal.text.print()
    _show_labels(audit, words, terminal)
    _show_differences(audit, words, terminal)


def _show_numbers(audit: Audit, words: Words, terminal: Terminal) -> None:
    counts = words["comma"].join(
        words["count"].format(count=f"{facts.images:,}", split=words[f"split_{facts.name}"])
        for facts in audit.splits
    )
    colour = words["grey" if audit.channels == 1 else "rgb"]
    line = words["pictures_line"].format(
        source=audit.source, splits=counts, width=audit.width, height=audit.height, colour=colour
    )
    show_field(words["pictures"], line, terminal)
    for number, facts in enumerate([facts for facts in audit.splits if facts.sizes]):
        sizes = [
            words["size"].format(count=f"{one.count:,}", width=one.width, height=one.height, mode=one.mode)
            for one in facts.sizes[:MOST_SIZES]
        ]
        if len(facts.sizes) > MOST_SIZES:
            sizes.append(words["more"].format(count=f"{len(facts.sizes) - MOST_SIZES:,}"))
        line = words["sizes_line"].format(
            split=words[f"split_{facts.name}"], sizes=words["comma"].join(sizes)
        )
        show_field("" if number else words["sizes"], line, terminal)
    rows: list[Sequence[str]] = [(words["class"], *(words[f"split_{facts.name}"] for facts in audit.splits))]
    for label, name in list(enumerate(audit.classes))[:MOST_CLASSES]:
        rows.append((name, *(f"{facts.per_class[label]:,}" for facts in audit.splits)))
    show_table(rows, ("", *["right"] * len(audit.splits)), terminal)
    if len(audit.classes) > MOST_CLASSES:
        totals = [sum(counts) for counts in zip(*(facts.per_class for facts in audit.splits), strict=True)]
        line = words["classes_left"].format(
            count=f"{len(totals) - MOST_CLASSES:,}", least=f"{min(totals):,}", most=f"{max(totals):,}"
        )
        show_field("", line, terminal)
    for facts in audit.splits:
        missing = [name for name, count in zip(audit.classes, facts.per_class, strict=True) if not count]
        if missing:
            names = words["comma"].join(missing[:MOST_NAMES]) + (", …" if len(missing) > MOST_NAMES else "")
            line = words["empty_class"].format(split=words[f"split_{facts.name}"], classes=names)
            show_field(words["note"], line, terminal)
    for number, facts in enumerate(audit.splits):
        line = words["pixels_line"].format(
            split=words[f"split_{facts.name}"], mean=_numbers(facts.mean), deviation=_numbers(facts.deviation)
        )
        show_field("" if number else words["pixels"], line, terminal)


def _numbers(values: Sequence[float]) -> str:
    return " ".join(f"{value:.3f}" for value in values)


def _show_list(name: str, line: str, items: Sequence[str], words: Words, terminal: Terminal) -> None:
    if not items:
        return
    show_field(words[name], line, terminal)
    for item in items[:MOST_LISTED]:
        show_field("", f"  {item}", terminal)
    if len(items) > MOST_LISTED:
        show_field("", f"  {words['more'].format(count=f'{len(items) - MOST_LISTED:,}')}", terminal)


def _show_copies(audit: Audit, kind: str, words: Words, terminal: Terminal) -> None:
    if kind == "near" and sum(facts.images for facts in audit.splits) > MOST_PICTURES:
        show_field(words["near"], words["near_skipped"].format(most=f"{MOST_PICTURES:,}"), terminal)
        return
    copies = audit.copies_of(kind=kind)
    if not copies:
        show_field(words[kind], words["none"], terminal)
        return
    first = True
    for facts in audit.splits:
        for earlier in audit.splits:
            some = audit.copies_of(kind=kind, splits=(earlier.name, facts.name))
            if some:
                line = _counted(kind, some, earlier, facts, words)
                show_field(words[kind] if first else "", line, terminal)
                first = False
    torn = sum(copy.two_labels for copy in copies)
    if torn:
        show_field("", words["two_labels"].format(count=f"{torn:,}"), terminal)
    shown = [copy for copy in shown_copies(audit) if copy.kind == kind][:MOST_LISTED]
    for copy in shown:
        show_field("", f"  {_pair(copy, audit.classes, words)}", terminal)
    if shown and len(copies) > len(shown):
        show_field("", f"  {words['more'].format(count=f'{len(copies) - len(shown):,}')}", terminal)


def _counted(kind: str, copies: Sequence[Copy], earlier: SplitFacts, facts: SplitFacts, words: Words) -> str:
    key = ("" if kind == "exact" else "near_") + ("within" if earlier is facts else "across")
    return words[key].format(
        count=f"{len(copies):,}", split=words[f"split_{facts.name}"], earlier=words[f"split_{earlier.name}"],
        share=f"{len(copies) / facts.images:.2%}",
    )  # fmt: skip


def _pair(copy: Copy, classes: Sequence[str], words: Words) -> str:
    """Write a copy in a line; where the folder tells the label of both, it is not said again."""
    labels = dict.fromkeys(classes[place.label] for place in (copy.of, copy.picture))
    said = all(classes[place.label] in place.path.split("/") for place in (copy.of, copy.picture))
    return words["pair" if said else "pair_labels"].format(
        a=copy.of.path, b=copy.picture.path, sign="=" if copy.kind == "exact" else "~",
        labels=" / ".join(labels),
    )  # fmt: skip


def _show_labels(audit: Audit, words: Words, terminal: Terminal) -> None:
    labels = audit.labels
    shown = labels.doubts[:MOST_DOUBTS]
    key = f"skipped_{labels.skipped}" if labels.skipped else "labels_line" if shown else "labels_none"
    line = words[key].format(
        count=f"{len(labels.doubts):,}", shown=len(shown), accuracy=f"{labels.accuracy or 0:.1%}",
        images=f"{labels.images:,}", method=words["method"],
    )  # fmt: skip
    show_field(words["labels"], line, terminal)
    for doubt in shown[:MOST_LISTED]:
        line = words["doubt"].format(
            path=doubt.picture.path, label=audit.classes[doubt.picture.label],
            suggested=audit.classes[doubt.suggested], share=f"{doubt.other:.0%}",
        )  # fmt: skip
        show_field("", f"  {line}", terminal)
    if len(labels.doubts) > MOST_LISTED:
        show_field("", f"  {words['more'].format(count=f'{len(labels.doubts) - MOST_LISTED:,}')}", terminal)


def _show_differences(audit: Audit, words: Words, terminal: Terminal) -> None:
    if len(audit.splits) == 1:
        show_field(words["differ"], words["one_split"], terminal)
        return
    lines = []
    for found in audit.differences:
        form = "{:.3f}" if found.kind in ("mean", "deviation") else "{:.1%}"
        lines.append(
            words[f"differ_{found.kind}"].format(
                what=found.what, a=form.format(found.a), b=form.format(found.b),
                first=words[f"split_{found.splits[0]}"], second=words[f"split_{found.splits[1]}"],
            )
        )  # fmt: skip
    for number, line in enumerate(lines[:MOST_NAMES] or [words["differ_none"]]):
        show_field("" if number else words["differ"], line, terminal)
    if len(lines) > MOST_NAMES:
        show_field("", words["more"].format(count=len(lines) - MOST_NAMES), terminal)


def show_times(seconds: Mapping[str, float], lang: str, terminal: Terminal, *, saved: bool) -> None:
    """Show where the time went.

    Args:
        seconds: By step.
        lang: A key of `glassnet.texts.LANGUAGES`.
        terminal: Where to.
        saved: Whether the audit was read from the cache.
    """
    words = texts(lang, "data")
    steps = words["comma"].join(f"{words[f'step_{step}']} {spent:.1f}" for step, spent in seconds.items())
    line = words["time_saved" if saved else "time_line"]
    show_field(words["time"], line.format(total=f"{sum(seconds.values()):.1f}", steps=steps), terminal)
