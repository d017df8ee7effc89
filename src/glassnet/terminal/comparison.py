"""Several runs side by side, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glassnet.reports.answers import BELIEVED, answers, p_text
from glassnet.terminal.answers import spark_line
from glassnet.terminal.console import show_field, show_table
from glassnet.texts import texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glassnet.reports.comparison import Comparison, Difference, Pair, Source
    from glassnet.terminal.console import Terminal


def show_comparison(found: Comparison, lang: str, terminal: Terminal) -> None:
    """Show what was compared: results, differences, groups of seeds, tests, sources.

    Args:
        found: The comparison.
        lang: A key of `glassnet.texts.LANGUAGES`.
        terminal: Where to.
    """
    words = texts(lang, "compare")
    show_field(words["runs"], words["count"].format(count=len(found.entries)), terminal)
    show_table(result_rows(found, words), ("bold", *["right"] * 8), terminal)
    for index, sentence in enumerate(answers(found, words)):
        show_field("" if index else words["answer"], sentence, terminal)
    if curves := curve_rows(found, terminal):
        show_field(words["curves"], words["curves_by_epoch"], terminal)
        show_table(curves, ("bold", "", "right"), terminal)
    if found.differences:
        automatic = any(any(each.chosen) for each in found.differences)
        show_field(
            words["differences"], words["differences_star" if automatic else "differences_how"], terminal
        )
        heads = ("", *(entry.name for entry in found.entries))
        rows = [heads, *((each.name, *starred(each)) for each in found.differences)]
        show_table(rows, ("bold", *[""] * len(found.entries)), terminal)
    else:
        show_field(words["differences"], words["no_difference"], terminal)
    for group in found.groups:
        show_field(words["seeds"], group_text(found, group.runs, words), terminal)
    grouped = {run for group in found.groups for run in group.runs}
    for pair in found.pairs:
        if not {pair.first, pair.second} <= grouped:  # their groups are compared, not single networks
            show_field(words["test"], pair_text(found, pair, words), terminal)
    if (
        any(pair.adjusted is not None and pair.adjusted < BELIEVED for pair in found.pairs)
        and not found.groups
    ):
        show_field(words["note"], words["note_seeds"], terminal)
        if len(found.entries) > 2:  # noqa: PLR2004 — of two nobody chooses the best of many
            show_field("", words["note_choice"], terminal)
    for source in found.sources:
        show_field(words["source"], source_text(source, words), terminal)


def result_rows(found: Comparison, words: Mapping[str, str]) -> list[Sequence[str]]:
    """Lay out the results, a row for each run.

    Args:
        found: The comparison.
        words: Texts of the table `compare`.

    Returns:
        Rows of nine cells, the first with their names.
    """
    rows: list[Sequence[str]] = [
        tuple(words[f"column_{name}"] for name in (
            "run", "accuracy", "interval", "f1", "epochs", "time", "speed", "parameters", "size"
        ))
    ]  # fmt: skip
    for entry in found.entries:
        result, seconds = (
            entry.info.get("result") or {},
            (entry.info.get("result") or {}).get("seconds") or {},
        )
        scores = entry.scores
        low, high = scores.interval if scores else (0.0, 0.0)
        rows.append(
            (
                entry.name,
                f"{100 * scores.accuracy:.2f} % ({words[f'split_{entry.split}']})" if scores else "-",
                f"{100 * low:.2f} – {100 * high:.2f}" if scores else "-",
                f"{100 * scores.macro.f1:.1f} %" if scores else "-",
                f"{result['epochs']:g}" if "epochs" in result else "-",
                f"{seconds['data'] + seconds['train']:.1f} s" if seconds else "-",
                f"{result['images_per_second']:,.0f}/s" if "images_per_second" in result else "-",
                f"{entry.info['parameters']:,}",
                "-" if entry.weights_bytes is None else f"{entry.weights_bytes / 1e6:.2f} MB",
            )
        )
    return rows


def curve_rows(found: Comparison, terminal: Terminal) -> list[Sequence[str]]:
    """Draw the validation accuracy of each run by epoch, in a line.

    Args:
        found: The comparison.
        terminal: Where the line will stand.

    Returns:
        Rows of a name, a line, and the first and the last accuracy; none where no run has two epochs.
    """
    rows = []
    for entry in found.entries:
        values = [line.get("val_accuracy") for line in entry.metrics if line.get("kind") == "epoch"]
        curve = [100 * value for value in values if value is not None]
        if len(curve) > 1:
            drawn = spark_line(curve, terminal.text)
            rows.append((entry.name, drawn, f"{curve[0]:.1f} – {curve[-1]:.1f} %"))
    return rows


def starred(difference: Difference) -> list[str]:
    """Mark the values that glassnet chose.

    Args:
        difference: Of a comparison.

    Returns:
        Its values, with a star behind those.

    Example:
        >>> from glassnet.reports.comparison import Difference
        >>> starred(Difference("lr", ("0.02", "0.001"), (True, False), asked=False))
        ['0.02 *', '0.001']
    """
    pairs = zip(difference.values, difference.chosen, strict=True)
    return [f"{value} *" if chosen else value for value, chosen in pairs]


def group_text(found: Comparison, runs: Sequence[int], words: Mapping[str, str]) -> str:
    """Tell the mean and the spread of runs that differ in the seed alone.

    Args:
        found: The comparison.
        runs: Numbers of a group's runs.
        words: Texts of the table `compare`.

    Returns:
        A sentence.
    """
    spread = next(group.accuracy for group in found.groups if group.runs == tuple(runs))
    names = words["comma"].join(found.entries[run].name for run in runs)
    return words["group"].format(
        names=names, count=spread.count, mean=f"{100 * spread.mean:.2f}",
        deviation=f"{100 * (spread.deviation or 0.0):.2f}",
    )  # fmt: skip


def pair_text(found: Comparison, pair: Pair, words: Mapping[str, str]) -> str:
    """Tell whether two runs differ.

    Args:
        found: The comparison.
        pair: Two of its runs.
        words: Texts of the table `compare`.

    Returns:
        A sentence.
    """
    first, second = found.entries[pair.first].name, found.entries[pair.second].name
    if pair.paired is None or pair.adjusted is None:
        return words[f"reason_{pair.reason}"].format(first=first, second=second)
    only_first, only_second = len(pair.paired.only_first), len(pair.paired.only_second)
    better = first if only_first > only_second else second
    key = "differ" if pair.adjusted < BELIEVED else "chance"
    return words[key].format(
        first=first,
        second=second,
        better=better,
        only_first=f"{only_first:,}",
        only_second=f"{only_second:,}",
        images=f"{pair.paired.images:,}",
        p=p_text(pair.adjusted),
        method=words[f"method_{pair.paired.method}"],
    )


def source_text(source: Source, words: Mapping[str, str]) -> str:
    """Tell how hard a source is without a network.

    Args:
        source: Of a comparison.
        words: Texts of the table `compare`.

    Returns:
        A sentence.
    """
    told = source.separability
    if told is None:
        return words["source_unknown"].format(name=source.name, reason=source.reason or "")
    return words["source_told"].format(
        name=source.name, mean=f"{100 * told.nearest_mean.accuracy:.1f}",
        linear=f"{100 * told.linear.accuracy:.1f}", images=f"{told.images:,}",
    )  # fmt: skip
