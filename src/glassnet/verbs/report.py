"""`report`: a run as one offline page that a person sends to a colleague."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from glassnet.errors import GlassnetError, RunError
from glassnet.reports.page import report_page
from glassnet.run import Run, open_run, write_whole
from glassnet.terminal import Terminal, open_terminal, quoted, show_field, show_next
from glassnet.terminal.quantities import bytes_text
from glassnet.texts import choose_language, texts
from glassnet.verbs.load import load_run
from glassnet.verbs.report_content import RunPictures, Trained, read_content, read_pictures, with_network

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from torch import nn

    from glassnet.reports.content import Content

FILE = "report.html"


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
    run = run if isinstance(run, Run) else open_run(run)
    with clock.of("pictures"):
        given = None if data_dir is None else Path(data_dir)
        pictures = read_pictures(run.info, run, words, given, terminal, audited=True)
    with clock.of("run"):
        content = read_content(run, pictures, lang)
    with clock.of("network"):
        try:
            loaded = load_run(run, net=net, terminal=terminal)
            content = with_network(content, Trained(loaded.net, loaded.scale, loaded.compute))
        except GlassnetError as error:
            content.left_out["network"] = words["no_network"].format(reason=error)
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


def report_of_training(run: Run, pictures: RunPictures, trained: Trained, lang: str) -> Report:
    """Write the report of a training that has just ended, with all that is still in memory.

    Args:
        run: It is finished.
        pictures: Its own.
        trained: Its network, with the weights that were judged.
        lang: Of the words.

    Returns:
        Where it lies.

    Raises:
        RunError: The page cannot be written.
    """
    clock = _Clock()
    with clock.of("run"):
        content = read_content(run, pictures, lang)
    with clock.of("network"):
        try:
            content = with_network(content, trained)
        except GlassnetError as error:
            content.left_out["network"] = texts(lang, "report")["no_network"].format(reason=error)
    return write_report(content, run, run.path / FILE, lang, clock.seconds)


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
