"""What a person reads while a command runs: pictures, choices, progress, results, the next command."""

from __future__ import annotations

import shlex
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, TypeVar

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from glassnet.pictures.events import Loaded
from glassnet.pictures.events import Progress as Reading
from glassnet.training.events import Epoch, Finished, Step

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

    from glassnet.evaluation.forward import Judging
    from glassnet.evaluation.scores import Scores
    from glassnet.pictures.pictures import Pictures
    from glassnet.training.events import Event
    from glassnet.training.loop import State
    from glassnet.training.recipe import Recipe

Result = TypeVar("Result")
REDRAW_SECONDS = 0.2
MOST_CLASSES = 30  # lines of the table per class; the rest is in the run
BARS = "▁▂▃▄▅▆▇█"
STAGES = {"download": "downloading", "unpack": "unpacking", "probe": "looking at", "decode": "decoding"}


@dataclass(frozen=True)
class Terminal:
    """Where texts and progress go: texts are the answer, progress is not."""

    text: Console
    progress: Console


def open_terminal(*, json: bool) -> Terminal:
    """Open the terminal of one command.

    Args:
        json: Whether standard output is kept for one JSON object.

    Returns:
        Texts to standard output, or to standard error with `json`; progress to standard error always.
    """
    progress = Console(stderr=True, highlight=False, soft_wrap=True)
    if json:
        return Terminal(progress, progress)
    return Terminal(Console(highlight=False, soft_wrap=True), progress)


def has_symbols(console: Console) -> bool:
    """Tell whether block characters can be written.

    Args:
        console: Where to.

    Returns:
        False where the encoding has ASCII or a Windows code page only.
    """
    return console.encoding.lower().startswith("utf")


def spark_line(values: Sequence[float], console: Console) -> str:
    """Draw values as a line of small bars.

    Args:
        values: Any numbers.
        console: Where the encoding has no bars, the line is empty.

    Returns:
        One character a value, at most 40.

    Example:
        >>> spark_line([1.0, 2.0, 8.0], Console(file=io.TextIOWrapper(io.BytesIO(), "utf-8")))
        '▁▂█'
    """
    if not has_symbols(console) or not values:
        return ""
    stride = -(-len(values) // 40)
    shown = list(values[::stride])
    low, high = min(shown), max(shown)
    span = (high - low) or 1.0
    return "".join(BARS[int((value - low) / span * (len(BARS) - 1) + 0.5)] for value in shown)


def show_reading(events: Iterable[Reading | Loaded], terminal: Terminal) -> dict[str, Pictures]:
    """Read a source to its end, with a bar for what takes long.

    Args:
        events: From `pictures.sources.open_source`.
        terminal: Where to.

    Returns:
        The splits.
    """
    splits: dict[str, Pictures] = {}
    with _bar(terminal.progress, "{task.fields[speed]}") as bar:
        tasks = {}
        for event in events:
            match event:
                case Loaded():
                    splits = event.splits
                case Reading():
                    name = f"{STAGES[event.stage]} {event.what}"
                    if name not in tasks:
                        tasks[name] = bar.add_task(_plain(name), total=event.total, speed="")
                    unit = "MB" if event.stage in ("download", "unpack") else "pictures"
                    speed = event.per_second / (1e6 if unit == "MB" else 1)
                    bar.update(
                        tasks[name], completed=event.done, total=event.total, speed=f"{speed:,.0f} {unit}/s"
                    )
    return splits


def show_pictures(splits: Mapping[str, Pictures], notes: Sequence[str], terminal: Terminal) -> None:
    """Say what the pictures are.

    Args:
        splits: With at least one.
        notes: More sentences.
        terminal: Where to.
    """
    first = next(iter(splits.values()))
    policy = first.policy
    colour = "grey" if policy.channels == 1 else "RGB"
    counts = ", ".join(f"{len(pictures):,} {name}" for name, pictures in splits.items())
    _field(terminal, "pictures", f"{first.source}: {counts}; {policy.width}×{policy.height} {colour}")
    names = ", ".join(first.classes[:12]) + (", …" if len(first.classes) > 12 else "")  # noqa: PLR2004
    _field(terminal, "classes", f"{len(first.classes)}: {names}")
    rejected = [(r.path, r.reason) for r in dict.fromkeys(r for p in splits.values() for r in p.rejected)]
    for path, reason in rejected[:5]:
        _field(terminal, "set aside", f"{path}: {reason}")
    if len(rejected) > 5:  # noqa: PLR2004
        _field(terminal, "set aside", f"… and {len(rejected) - 5:,} more; all are listed in the run")
    for note in notes:
        _field(terminal, "note", note)


def show_choices(
    net: str, notes: Sequence[str], recipe: Recipe, reasons: Mapping[str, str], terminal: Terminal
) -> None:
    """Say what was chosen, and why.

    Args:
        net: The network in a few words.
        notes: More sentences on it.
        recipe: Resolved.
        reasons: Of the automatic choices.
        terminal: Where to.
    """
    _field(terminal, "network", net + (f"  ({reasons['net']})" if "net" in reasons else ""))
    for note in notes:
        _field(terminal, "", note)
    terminal.text.print(Text("recipe", style="bold"))
    rows = []
    for name, value in asdict(recipe).items():
        off = name in reasons and not value and name not in ("seed", "val", "flip")
        other_schedule = name.startswith("step_") and recipe.schedule != "step"
        if (
            name != "net" and not off and not other_schedule
        ):  # what is off and nobody asked for: in recipe.toml
            rows.append((name, _value(value), reasons.get(name, "as you said")))
    _table(rows, ("", "", "dim"), terminal.text)


def show_training(events: Iterable[Event], state: State, terminal: Terminal) -> Iterator[Event]:
    """Draw progress: pictures per second, loss, accuracy and time left; a line for each epoch.

    Args:
        events: From `train`.
        state: That `train` moves on.
        terminal: Where to.

    Yields:
        The same events.
    """
    drawn = last_images = images = 0
    began = last = time.perf_counter()
    with _bar(terminal.progress, "{task.fields[now]}") as bar:
        task = bar.add_task("training", total=state.num_steps, completed=state.step, now="")
        first_step = state.step
        for event in events:
            now = time.perf_counter()
            match event:
                case Step():
                    images += event.images
                    if now - drawn >= REDRAW_SECONDS:
                        per_second = (images - last_images) / max(now - last, 1e-9)
                        share = float(event.correct) / event.images
                        left = (now - began) / (event.step - first_step) * (state.num_steps - event.step)
                        bar.update(
                            task, completed=event.step,
                            now=f"epoch {event.epoch}  {per_second:,.0f} pictures/s  "
                            f"loss {float(event.loss):.3f}  accuracy {100 * share:.0f} %  {_duration(left)} left",
                        )  # fmt: skip
                        drawn, last, last_images = now, now, images
                case Epoch():
                    terminal.progress.print(_epoch_line(event))
                case Finished():
                    bar.update(task, completed=state.num_steps, now="")
            yield event


def show_judging(events: Generator[Judging, None, Result], name: str, terminal: Terminal) -> Result:
    """Run an evaluation to its end and draw its progress.

    Args:
        events: From `forward_split`.
        name: Of what is evaluated.
        terminal: Where to.

    Returns:
        What the evaluation returned.
    """
    with _bar(terminal.progress, "") as bar:
        task = bar.add_task(_plain(name), total=None)
        while True:
            try:
                event = next(events)
            except StopIteration as end:
                return end.value
            bar.update(task, completed=event.done, total=event.total)


def show_scores(scores: Scores, what: str, terminal: Terminal) -> None:
    """Show accuracy with its interval, and figures per class.

    Args:
        scores: Of one split.
        what: The split and the source.
        terminal: Where to.
    """
    low, high = (100 * bound for bound in scores.interval)
    interval = f"95 % interval {low:.2f} to {high:.2f}; {scores.images:,} pictures, {what}"
    _field(terminal, "accuracy", f"{100 * scores.accuracy:.2f} %  ({interval})")
    rows: list[Sequence[str]] = [("class", "right", "precision", "recall", "F1", "pictures", "")]
    ordered = sorted(scores.per_class, key=lambda entry: (entry.recall is None, entry.recall))
    block = "█" if has_symbols(terminal.text) else "#"
    for entry in ordered[:MOST_CLASSES]:
        right = "-" if entry.recall is None else str(round(entry.recall * entry.support))
        figures = (
            "-" if f is None else f"{100 * f:.1f} %" for f in (entry.precision, entry.recall, entry.f1)
        )
        rows.append(
            (entry.name, right, *figures, f"{entry.support:,}", block * round(20 * (entry.recall or 0)))
        )
    _table(rows, ("", *["right"] * 5, "green"), terminal.text)
    if len(ordered) > MOST_CLASSES:
        terminal.text.print(f"            … and {len(ordered) - MOST_CLASSES} classes with a higher recall")


def show_predictions(pictures: Sequence[tuple[str, Sequence[tuple[str, float]]]], terminal: Terminal) -> None:
    """Show what the network says of each picture.

    Args:
        pictures: Path, and the likeliest classes with their probabilities.
        terminal: Where to.
    """
    rows = []
    for path, top in pictures:
        others = "  ".join(f"{name} {100 * share:.0f} %" for name, share in top[1:] if share >= 0.01)  # noqa: PLR2004
        rows.append((path, top[0][0], f"{100 * top[0][1]:.1f} %", others))
    _table(rows, ("", "bold", "right", "dim"), terminal.text, indent=0)


def show_field(name: str, value: str, terminal: Terminal) -> None:
    """Show one line of an answer.

    Args:
        name: In bold.
        value: Beside it, as it is.
        terminal: Where to.
    """
    _field(terminal, name, value)


def show_next(commands: Sequence[str], terminal: Terminal) -> None:
    """End with the next useful commands, ready to paste.

    Args:
        commands: A line each.
        terminal: Where to.
    """
    for index, command in enumerate(commands):
        _field(terminal, "" if index else "next", command)


def quoted(path: object) -> str:
    """Write a path so that it can be pasted into a shell.

    Args:
        path: Any.

    Returns:
        The path, in quotes where it needs them.

    Example:
        >>> quoted("my runs/one")
        "'my runs/one'"
    """
    return shlex.quote(str(path))


def _field(terminal: Terminal, name: str, value: str) -> None:
    terminal.text.print(Text(f"{name:<11} ", style="bold"), Text(value), sep="")


def _table(
    rows: Sequence[Sequence[str]], styles: Sequence[str], console: Console, *, indent: int = 12
) -> None:
    """Set cells in columns as wide as their widest cell; Chinese characters count as two."""
    widths = [max(cell_len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        line = Text(" " * indent)
        for cell, width, style in zip(row, widths, styles, strict=True):
            gap = " " * (width - cell_len(cell))
            line.append(
                f"{gap}{cell}  " if style == "right" else f"{cell}{gap}  ", "" if style == "right" else style
            )
        line.rstrip()
        console.print(line)


def _epoch_line(event: Epoch) -> str:
    line = f"epoch {event.epoch:>3}  loss {event.train_loss:.3f}"
    line += f"  training accuracy {100 * event.train_accuracy:.2f} %"
    if event.val_accuracy is not None:
        line += f"  validation {100 * event.val_accuracy:.2f} %" + (" *" if event.best else "  ")
    return f"{line}  {event.images / max(event.seconds, 1e-9):,.0f} pictures/s"


def _bar(console: Console, last_column: str) -> Progress:
    columns = [TextColumn("{task.description}"), BarColumn(20), TextColumn("{task.percentage:>3.0f} %")]
    return Progress(
        *columns, TextColumn(last_column), console=console, transient=True,
        refresh_per_second=5, disable=not console.is_terminal,
    )  # fmt: skip


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _plain(text: str) -> str:
    return text.replace("[", r"\[")  # rich reads brackets as markup


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
