"""`report`: a run as one offline page that a person sends to a colleague."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from glassnet.audit.saved import read_audit
from glassnet.errors import GlassnetError, RunError
from glassnet.evaluation.judgement import judge
from glassnet.evaluation.predictions import read_predictions
from glassnet.evaluation.slices import by_thirds, slices
from glassnet.pictures.pictures import Policy
from glassnet.pictures.splits import split_off
from glassnet.pictures.statistics import brightness_of
from glassnet.reports.content import Content, Seen
from glassnet.reports.network import layers_to_show
from glassnet.reports.page import report_page
from glassnet.run import Run, open_run, write_whole
from glassnet.terminal import Terminal, open_terminal, quoted, show_field, show_next
from glassnet.terminal.quantities import bytes_text
from glassnet.texts import choose_language, texts
from glassnet.trace.record import record
from glassnet.verbs.load import load_run
from glassnet.verbs.prepare import data_dir_of
from glassnet.verbs.source import read_for_run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from torch import nn

    from glassnet.audit.audit import Audit
    from glassnet.evaluation.forward import Compute
    from glassnet.pictures.pictures import Pictures
    from glassnet.pictures.scale import Scale

FILE = "report.html"
SPLITS = ("test", "val", "train")  # the first one with predictions is judged


@dataclass(frozen=True)
class Report:
    """A report that was written.

    Attributes:
        path: The file.
        bytes: Its size.
        split: Which one it judges; None where the run has no predictions.
        seconds: Where the time went: `run`, `pictures`, `network`, `judging`, `page`.
        left_out: What it lacks, and why.
    """

    path: Path
    bytes: int
    split: str | None
    seconds: dict[str, float]
    left_out: dict[str, str]


@dataclass
class _Clock:
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = time.perf_counter() - began


@dataclass(frozen=True, eq=False)
class Trained:
    """A network with all that a picture needs on its way into it."""

    net: nn.Module
    scale: Scale
    compute: Compute


def report(
    run: Run | str | Path,
    *,
    lang: str | None = None,
    out: str | Path | None = None,
    net: nn.Module | str | None = None,
    data_dir: str | Path | None = None,
    terminal: Terminal | None = None,
) -> Report:
    """Write a run as one offline HTML page that can be sent to a colleague.

    What the run lacks is left out, and the page says why. Code in a run folder never runs by itself: where
    the network is a person's own file, see `rebuild`.

    Args:
        run: The run or its folder.
        lang: `en` or `zh`, see `choose_language`.
        out: The file; None for `report.html` in the run.
        net: A NET or a module instead of the run's own, where that one is your own code.
        data_dir: Where data sets are looked for first.
        terminal: Where texts go; None for standard error.

    Returns:
        Where it lies, and what it lacks.

    Raises:
        UsageError: It is no run.
        RunError: `run.json` or the predictions are damaged, or the page cannot be written.

    Example:
        >>> written = report(finished_run, lang="en")
        >>> written.path.name, written.split, written.left_out
        ('report.html', 'test', {})
    """
    terminal = terminal or open_terminal(json=True)
    lang, clock = choose_language(lang), _Clock()
    words = texts(lang, "report")
    with clock.of("run"):
        run = run if isinstance(run, Run) else open_run(run)
        content = open_content(run, lang)
    with clock.of("pictures"):
        given = None if data_dir is None else Path(data_dir)
        content = _with_pictures(content, run, words, given, terminal)
    with clock.of("network"):
        try:
            loaded = load_run(run, net=net, terminal=terminal)
            content = with_network(content, Trained(loaded.net, loaded.scale, loaded.compute))
        except GlassnetError as error:
            content = _lacking(content, "network", words["no_network"].format(reason=error))
    written = write_report(content, run, Path(out) if out else run.path / FILE, lang, clock.seconds)
    show_report(written, lang, terminal)
    _show_seconds(written, words, terminal)
    name = quoted(run.path)
    show_next(
        [f"glassnet compare {name} RUN...", f"glassnet evaluate {name}"],
        terminal,
        name=texts(lang, "look")["next"],
    )
    return written


def report_of_training(run: Run, splits: Mapping[str, Pictures], trained: Trained, lang: str) -> Report:
    """Write the report of a training that has just ended, with all that is still in memory.

    Args:
        run: It is finished.
        splits: Its pictures by name.
        trained: Its network, with the weights that were judged.
        lang: Of the words.

    Returns:
        Where it lies.

    Raises:
        RunError: The page cannot be written.
    """
    clock, words = _Clock(), texts(lang, "report")
    with clock.of("run"):
        content = with_pictures(open_content(run, lang), splits, "")
    with clock.of("network"):
        try:
            content = with_network(content, trained)
        except GlassnetError as error:
            content = _lacking(content, "network", words["no_network"].format(reason=error))
    return write_report(content, run, run.path / FILE, lang, clock.seconds)


def open_content(run: Run, lang: str) -> Content:
    """Read what a run wrote: its facts, its curves, its predictions.

    Args:
        run: The run.
        lang: Of what is said where something is missing.

    Returns:
        The content of a report without pictures and network.

    Raises:
        RunError: `run.json` or the predictions are damaged.
    """
    words, info, left_out = texts(lang, "report"), run.info, {}
    try:
        metrics = run.metrics
    except RunError:
        metrics, left_out["metrics"] = [], words["no_metrics"]
    there = {split: run.predictions(split) for split in SPLITS if run.predictions(split).is_file()}
    split = next(iter(there), None)
    if split is None:
        splits = (info.get("source") or {}).get("splits") or {}
        key = "no_predictions" if {"val", "test"} & set(splits) else "no_predictions_at_all"
        left_out["predictions"] = words[key].format(command=f"glassnet evaluate {quoted(run.path)}")
        return Content(run.path.resolve().name, info, metrics, left_out=left_out)
    predictions = read_predictions(there[split])
    validation = read_predictions(there["val"]) if "val" in there else None
    source = str((info.get("source") or {}).get("name"))
    judgement = judge(predictions, split=split, source=source, validation=validation)
    return Content(run.path.resolve().name, info, metrics, predictions, judgement, left_out=left_out)


def _with_pictures(
    content: Content, run: Run, words: Mapping[str, str], data_dir: Path | None, terminal: Terminal
) -> Content:
    splits, reason, audit = read_splits(content.info, run, words, data_dir, terminal, audited=True)
    return replace(with_pictures(content, splits, words["no_pictures"].format(reason=reason)), audit=audit)


def read_splits(
    info: Mapping[str, Any],
    run: Run,
    words: Mapping[str, str],
    data_dir: Path | None,
    terminal: Terminal,
    *,
    audited: bool = False,
) -> tuple[dict[str, Pictures], str, Audit | None]:
    """Read the splits of a run's source, and keep those whose content is what it was.

    Args:
        info: From `run.json`.
        run: The run.
        words: Texts of the table `report`.
        data_dir: Where data sets are looked for first; None for where the training did.
        terminal: Where progress is drawn.
        audited: Whether the source's audit is wanted, where `data` has made one.

    Returns:
        Splits by name, why one of them is missing, and the audit.

    Raises:
        RunError: `run.json` is damaged.
    """
    try:
        then = info["source"]["splits"]
        read = _read(info, words, data_dir or data_dir_of(run), terminal)
        splits = _arranged(read, info)
        same = {n: s for n, s in splits.items() if s.fingerprint == (then.get(n) or {}).get("fingerprint")}
    except GlassnetError as error:
        return {}, str(error), None
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise RunError(
            "the run is damaged, or of another version", where=run.path / "run.json", got=repr(error)
        ) from error
    audit = read_audit(read) if audited and same else None
    return same, words["pictures_changed"], audit


def _read(
    info: Mapping[str, Any], words: Mapping[str, str], data_dir: Path | None, terminal: Terminal
) -> dict[str, Pictures]:
    source = info["source"]
    if not source["by_name"]:
        raise RunError(words["pictures_of_objects"])
    policy, classes = Policy(**source["policy"]), source["classes"]
    return read_for_run(source["name"], terminal, data_dir=data_dir, policy=policy, classes=classes)


def _arranged(splits: dict[str, Pictures], info: Mapping[str, Any]) -> dict[str, Pictures]:
    """Set pictures aside for validation as the training did."""
    recipe = info["recipe"]
    if "train" in splits and not info["source"]["own_val"] and recipe["val"]:
        train, val = split_off(splits["train"], recipe["val"], seed=recipe["seed"])
        splits = splits | {"train": train, "val": val}
    return {name: splits[name] for name in ("train", "val", "test") if name in splits}


def with_pictures(content: Content, pictures: Mapping[str, Pictures], reason: str) -> Content:
    """Give a report its pictures.

    Args:
        content: Without any.
        pictures: Splits by name; the judged one in the order of its predictions.
        reason: What is said where the judged split is not among them.

    Returns:
        The content with them.
    """
    found = replace(content, pictures=dict(pictures))
    if found.judgement is None or found.predictions is None:
        return found
    if found.judged is None:
        return _lacking(found, "pictures", reason)
    right = found.predictions.predicted == found.predictions.labels
    parts = slices("brightness", by_thirds(brightness_of(found.judged), "{:.2f}"), right)
    return replace(found, judgement=replace(found.judgement, slices=(*found.judgement.slices, *parts)))


def with_network(content: Content, trained: Trained) -> Content:
    """Take one picture through the network, the first that it tells right, and keep what its layers make.

    Args:
        content: With pictures, or without.
        trained: The network and how it sees pictures.

    Returns:
        The content with the trace.

    Raises:
        NetError: The network raises.
    """
    pictures, predictions = content.judged, content.predictions
    size = content.info["net"]["input"]
    picture, name, layers = None, "", []
    if pictures is not None and predictions is not None:
        right = np.flatnonzero(predictions.predicted == predictions.labels)
        index = int(right[0]) if len(right) else 0
        picture, name = pictures.batch([index])[0], pictures.classes[int(pictures.labels[index])]
        layers = layers_to_show(trained.net)
        images = trained.scale.apply(picture[None], device=trained.compute.device)
    else:
        images = torch.zeros(
            1, size["channels"], size["height"], size["width"], device=trained.compute.device
        )
    trace = record(trained.net, images, keep=layers or "nothing")
    return replace(content, seen=Seen(trace, picture, name))


def _lacking(content: Content, key: str, reason: str) -> Content:
    return replace(content, left_out=content.left_out | {key: reason})


def write_report(
    content: Content, run: Run, path: Path, lang: str, seconds: dict[str, float] | None = None
) -> Report:
    """Write the page.

    Args:
        content: What it is made of.
        run: For errors.
        path: The file.
        lang: Of the words.
        seconds: Where the time went so far.

    Returns:
        Where it lies.

    Raises:
        RunError: The run's facts are damaged, or the file cannot be written.
    """
    clock = _Clock(dict(seconds or {}))
    with clock.of("page"):
        try:
            page = report_page(content, lang=lang)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise RunError(
                "the run is damaged, or of another version", where=run.path / "run.json", got=repr(error)
            ) from error
        write_whole(path, page)
    split = content.judgement.split if content.judgement else None
    return Report(path, len(page.encode()), split, clock.seconds, content.left_out)


def show_report(written: Report, lang: str, terminal: Terminal) -> None:
    """Say where a report lies and what it lacks.

    Args:
        written: The report.
        lang: Of the words.
        terminal: Where to.
    """
    words = texts(lang, "report")
    show_field(words["written"], f"{written.path} ({bytes_text(written.bytes)})", terminal)
    for reason in written.left_out.values():
        show_field(words["lacks"], reason.replace("\n", "; "), terminal)


def _show_seconds(written: Report, words: Mapping[str, str], terminal: Terminal) -> None:
    parts = words["comma"].join(
        f"{words[f'seconds_{name}']} {seconds:.1f} s" for name, seconds in written.seconds.items()
    )
    show_field(words["time"], f"{sum(written.seconds.values()):.1f} s: {parts}", terminal)
