"""`compare`: several runs side by side, and whether their differences are more than chance."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glassnet.errors import GlassnetError, RunError, UsageError
from glassnet.evaluation.compare import adjusted, pair_up, spread_of, welch
from glassnet.evaluation.predictions import read_predictions
from glassnet.evaluation.scores import score
from glassnet.evaluation.separability import separability
from glassnet.reports.comparison import (
    Comparison,
    Difference,
    Entry,
    Group,
    GroupPair,
    Pair,
    Source,
    fingerprint_of,
)
from glassnet.run import Run, open_run, write_whole
from glassnet.terminal import Terminal, open_terminal, show_next
from glassnet.terminal.comparison import show_comparison
from glassnet.texts import choose_language, texts
from glassnet.verbs.report_content import SPLITS, read_pictures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glassnet.pictures.pictures import Pictures

NEEDED = {"source": ("name", "classes", "splits"), "net": ("net", "resolved", "class", "source", "weights")}
OF_A_RESULT = ("epochs", "seconds", "images_per_second")
EACH_WITH_EACH = 6  # runs up to which every pair is compared; of more, each with the best


def compare(
    *runs: Run | str | Path,
    html: str | Path | None = None,
    lang: str | None = None,
    data_dir: str | Path | None = None,
    terminal: Terminal | None = None,
) -> Comparison:
    """Compare runs: recipes, results with intervals, McNemar's test on the same pictures, speed and size.

    Runs that differ in the seed alone are one group with its mean and spread. Where the sources differ, two
    plain classifiers of raw pixels tell how hard each of them is without a network. No network is run.

    Args:
        runs: Two or more runs or their folders.
        html: A file for the comparison as an offline page.
        lang: `en` or `zh`, see `choose_language`.
        data_dir: Where data sets are looked for first.
        terminal: Where texts go; None for standard error.

    Returns:
        The comparison.

    Raises:
        UsageError: Fewer than two runs are given, or a folder is no run.
        RunError: A run is damaged, or the page cannot be written.

    Example:
        >>> import shutil
        >>> other = shutil.copytree(finished_run.path, tmp_path / "other")
        >>> found = compare(finished_run, other, lang="en")
        >>> found.pairs[0].paired.p_value, found.differences
        (1.0, ())
    """
    terminal = terminal or open_terminal(json=True)
    lang = choose_language(lang)
    opened = [run if isinstance(run, Run) else open_run(run) for run in runs]
    if len({run.path.resolve() for run in opened}) < 2:  # noqa: PLR2004
        got = ", ".join(str(run.path) for run in opened) or "none"
        raise UsageError(
            "one run cannot be compared",
            got=got,
            expected="two or more run folders",
            hint="glassnet compare runs/*",
        )
    opened = list({run.path.resolve(): run for run in opened}.values())
    entries = _entries(opened)
    pictures, reasons = _pictures(opened, entries, lang, Path(data_dir) if data_dir else None, terminal)
    groups = _groups(entries)
    found = Comparison(
        entries=entries,
        differences=_differences(entries, texts(lang, "compare")),
        groups=groups,
        group_pairs=_group_pairs(groups, entries),
        pairs=_pairs(entries),
        sources=_sources(entries, pictures, reasons),
        pictures={
            fingerprint: splits[entries[run].split or ""]
            for run, splits in pictures.items()
            if (fingerprint := fingerprint_of(entries[run].info, entries[run].split))
            and entries[run].split in splits
        },
    )
    show_comparison(found, lang, terminal)
    if html is not None:
        from glassnet.reports.compare_page import compare_page  # noqa: PLC0415 — loads templates

        write_whole(Path(html), compare_page(found, lang=lang))
    _show_next(found, html, lang, terminal)
    return found


def _show_next(found: Comparison, html: str | Path | None, lang: str, terminal: Terminal) -> None:
    from glassnet.terminal import quoted  # noqa: PLC0415

    commands = [f"glassnet report {quoted(entry.path)}" for entry in found.entries[:1]]
    if html is None:
        names = " ".join(quoted(entry.path) for entry in found.entries)
        commands.insert(0, f"glassnet compare {names} --html compare.html")
    show_next(commands, terminal, name=texts(lang, "look")["next"])


def _entries(runs: Sequence[Run]) -> tuple[Entry, ...]:
    names = names_of([run.path for run in runs])
    return tuple(_entry(run, name) for run, name in zip(runs, names, strict=True))


def _entry(run: Run, name: str) -> Entry:
    info = run.info
    _check(info, run)
    try:
        metrics = run.metrics
    except RunError:
        metrics = []
    split = next((split for split in SPLITS if run.predictions(split).is_file()), None)
    predictions = None if split is None else read_predictions(run.predictions(split))
    scores = None
    if predictions is not None:
        scores = score(predictions.labels, predictions.predicted, predictions.classes)
    weights = run.weights("best")
    size = weights.stat().st_size if weights.is_file() else None
    return Entry(name, str(run.path), info, metrics, split, predictions, scores, size)


def _check(info: dict[str, Any], run: Run) -> None:
    """Tell a damaged run at once by what a comparison needs of it."""
    told = {part: info.get(part) for part in NEEDED}
    missing = [
        f"{part}.{key}"
        for part, keys in NEEDED.items()
        for key in keys
        if not isinstance(told[part], dict) or key not in told[part]
    ]
    missing += [key for key in ("recipe", "parameters", "macs_per_picture") if key not in info]
    if "result" in info:  # the run was finished
        missing += [f"result.{key}" for key in OF_A_RESULT if key not in info["result"]]
    if missing:
        raise RunError(
            "the run is damaged, or of another version", where=run.path / "run.json",
            got=f"nothing at {', '.join(missing)}",
        )  # fmt: skip


def names_of(paths: Sequence[Path]) -> list[str]:
    """Name runs by the ends of their paths, as short as tells them apart.

    Args:
        paths: All different.

    Returns:
        A name for each.

    Example:
        >>> names_of([Path("/a/one"), Path("/b/one")]), names_of([Path("/a/one"), Path("/a/two")])
        (['a/one', 'b/one'], ['one', 'two'])
    """
    parts = [path.resolve().parts for path in paths]
    depth = 1
    while len({part[-depth:] for part in parts}) < len(parts) and depth < max(map(len, parts)):
        depth += 1
    return ["/".join(part[-depth:]) for part in parts]


def _facts(entry: Entry) -> dict[str, str]:
    """Give all that makes one training another, as text."""
    info, net = entry.info, entry.info["net"]
    code = (net.get("source") or {}).get("sha256")
    facts = {
        "source": f"{Path(info['source']['name']).name} ({_mark(info)[:8]})",
        "network": f"{net['net']} ({code[:8]})" if code else str(net["net"]),
        "start": str((net.get("weights") or {}).get("from", "")),
    }
    return facts | {
        name.replace("_", "-"): f"{value:g}" if isinstance(value, float) else str(value)
        for name, value in info["recipe"].items()
        if name != "net"
    }


def _mark(info: dict[str, Any]) -> str:
    """Identify a run's pictures: those of the test split, which a seed does not change, or else all."""
    splits = info["source"]["splits"]
    if test := fingerprint_of(info, "test"):
        return test
    return "".join(str(split.get("fingerprint")) for split in splits.values())


def _differences(entries: Sequence[Entry], words: dict[str, str]) -> tuple[Difference, ...]:
    facts = [_facts(entry) for entry in entries]
    found = []
    for name in dict.fromkeys(name for each in facts for name in each):
        values = tuple(each.get(name, "") for each in facts)
        if len(set(values)) > 1:
            field = name.replace("-", "_")
            chosen = tuple(field in entry.info.get("chosen", ()) for entry in entries)
            asked = all(field in entry.info["recipe"] for entry in entries) and not any(chosen)
            found.append(Difference(words.get(f"fact_{name}", name), values, chosen, asked))
    steps = tuple(max((line.get("step", 0) for line in entry.metrics), default=0) for entry in entries)
    if found and len(set(steps)) > 1 and all(steps):
        told = tuple(f"{count:,}" for count in steps)
        found.append(Difference(words["fact_steps"], told, (False,) * len(steps), asked=False))
    return tuple(found)


def _groups(entries: Sequence[Entry]) -> tuple[Group, ...]:
    """Put runs together that differ in the seed alone; its choice of validation pictures may differ, too."""
    found: dict[str, list[int]] = {}
    for place, entry in enumerate(entries):
        facts = _facts(entry) | {"seed": ""}
        found.setdefault(json.dumps(facts, sort_keys=True), []).append(place)
    return tuple(
        Group(tuple(runs), spread_of([scores.accuracy for run in runs if (scores := entries[run].scores)]))
        for runs in found.values()
        if len(runs) > 1 and all(entries[run].scores for run in runs)
    )


def _group_pairs(groups: Sequence[Group], entries: Sequence[Entry]) -> tuple[GroupPair, ...]:
    """Test the group with the highest mean against each other one."""
    firsts = [entries[group.runs[0]] for group in groups]
    if len({fingerprint_of(entry.info, entry.split) for entry in firsts}) != 1:
        return ()
    best = max(range(len(groups)), key=lambda place: groups[place].accuracy.mean)
    others = [place for place in range(len(groups)) if place != best]
    p_values = [welch(groups[best].accuracy, groups[place].accuracy) for place in others]
    tested = [(place, p) for place, p in zip(others, p_values, strict=True) if p is not None]
    larger = adjusted([p for _, p in tested])
    return tuple(GroupPair(best, place, p) for (place, _), p in zip(tested, larger, strict=True))


def _pairs(entries: Sequence[Entry]) -> tuple[Pair, ...]:
    judged = [place for place, entry in enumerate(entries) if entry.scores is not None]
    if len(entries) > EACH_WITH_EACH and judged:
        best = max(judged, key=lambda place: entries[place].scores.accuracy)  # pyright: ignore[reportOptionalMemberAccess]
        wanted = [(best, other) for other in range(len(entries)) if other != best]
    else:
        wanted = list(itertools.combinations(range(len(entries)), 2))
    pairs = [_pair(entries, first, second) for first, second in wanted]
    tested = [pair for pair in pairs if pair.paired is not None]
    p_values = iter(adjusted([pair.paired.p_value for pair in tested if pair.paired]))
    return tuple(replace(pair, adjusted=next(p_values)) if pair.paired else pair for pair in pairs)


def _pair(entries: Sequence[Entry], first: int, second: int) -> Pair:
    a, b = entries[first], entries[second]
    if a.predictions is None or b.predictions is None:
        return Pair(first, second, None, None, "not_judged")
    mark = fingerprint_of(a.info, a.split)
    same = mark is not None and mark == fingerprint_of(b.info, b.split)
    labels, others = a.predictions.labels, b.predictions.labels
    if not same or len(labels) != len(others) or (labels != others).any():
        return Pair(first, second, None, None, "other_pictures")
    return Pair(first, second, pair_up(labels, a.predictions.predicted, b.predictions.predicted), None, None)


def _pictures(
    runs: Sequence[Run], entries: Sequence[Entry], lang: str, data_dir: Path | None, terminal: Terminal
) -> tuple[dict[int, dict[str, Pictures]], dict[int, str]]:
    """Read the pictures of one run for each set of them; a run without, and why."""
    words, found, reasons = texts(lang, "report"), {}, {}
    for place in (places[0] for places in _by_source(entries).values()):
        read = read_pictures(entries[place].info, runs[place], words, data_dir, terminal)
        if read.splits:
            found[place] = dict(read.splits)
        else:
            reasons[place] = read.reason
    return found, reasons


def _by_source(entries: Sequence[Entry]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, entry in enumerate(entries):
        mark = fingerprint_of(entry.info, entry.split) or _mark(entry.info)
        found.setdefault(mark, []).append(place)
    return found


def _sources(
    entries: Sequence[Entry], pictures: dict[int, dict[str, Pictures]], reasons: dict[int, str]
) -> tuple[Source, ...]:
    by_source = _by_source(entries)
    if len(by_source) < 2:  # noqa: PLR2004
        return ()
    found = []
    for places in by_source.values():
        entry, splits = entries[places[0]], pictures.get(places[0], {})
        judged, train = splits.get(entry.split or ""), splits.get("train")
        told = None
        try:
            told = separability(train, judged) if train and judged and entry.split != "train" else None
        except GlassnetError as error:
            reasons[places[0]] = str(error)
        name = Path(entry.info["source"]["name"]).name
        classes = tuple(map(str, entry.info["source"]["classes"]))
        found.append(Source(name, tuple(places), classes, told, reasons.get(places[0])))
    return tuple(found)
