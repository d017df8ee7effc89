"""Long work, live: how far, how fast, how good, how long still. Nothing moves where there is no terminal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn

from glassnet.pictures.events import Loaded
from glassnet.pictures.events import Progress as Reading
from glassnet.training.events import Epoch, Finished, Step

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from rich.console import Console

    from glassnet.evaluation.forward import Judging
    from glassnet.pictures.pictures import Pictures
    from glassnet.terminal.console import Terminal
    from glassnet.training.events import Event
    from glassnet.training.loop import State

Result = TypeVar("Result")
REDRAW_SECONDS = 0.2
WIDE, NARROW = 112, 76  # columns; below, bar and words are fewer, so that the figures stay in view
STAGES = {"download": "downloading", "unpack": "unpacking", "probe": "looking at", "decode": "decoding"}


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
                        tasks[name] = bar.add_task(escape(name), total=event.total, speed="")
                    unit = "MB" if event.stage in ("download", "unpack") else "pictures"
                    speed = event.per_second / (1e6 if unit == "MB" else 1)
                    bar.update(
                        tasks[name], completed=event.done, total=event.total, speed=f"{speed:,.0f} {unit}/s"
                    )
    return splits


def show_training(events: Iterable[Event], state: State, terminal: Terminal) -> Generator[Event]:
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
                        now_text = _now(left, event, share, per_second, terminal.progress.width)
                        bar.update(task, completed=event.step, now=now_text)
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
        task = bar.add_task(escape(name), total=None)
        while True:
            try:
                event = next(events)
            except StopIteration as end:
                return end.value
            bar.update(task, completed=event.done, total=event.total)


def duration(seconds: float) -> str:
    """Write a time for people.

    Args:
        seconds: At least 0.

    Returns:
        Such as `4 s`, `2 min 05 s`, `1 h 10 min`.

    Example:
        >>> duration(3.6), duration(125), duration(4200)
        ('4 s', '2 min 05 s', '1 h 10 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def _now(left: float, event: Step, share: float, per_second: float, columns: int) -> str:
    """Tell how a training goes, in as many words as the line has room for."""
    loss = f"loss {float(event.loss):.3f}"
    if columns < NARROW:
        return f"{duration(left)} left  {loss}  {100 * share:.0f} %"
    if columns < WIDE:
        return f"{duration(left)} left  {loss}  {100 * share:.0f} % right  {per_second:,.0f}/s"
    told = f"{duration(left)} left  epoch {event.epoch}  {loss}  accuracy {100 * share:.0f} %"
    return f"{told}  {per_second:,.0f} pictures/s"


def _epoch_line(event: Epoch) -> str:
    line = f"epoch {event.epoch:>3}  loss {event.train_loss:.3f}"
    line += f"  training accuracy {100 * event.train_accuracy:.2f} %"
    if event.val_accuracy is not None:
        line += f"  validation {100 * event.val_accuracy:.2f} %" + (" *" if event.best else "  ")
    return f"{line}  {event.images / max(event.seconds, 1e-9):,.0f} pictures/s"


def _bar(console: Console, last_column: str) -> Progress:
    columns = [
        TextColumn("{task.description}"),
        BarColumn(20 if console.width >= WIDE else 6 if console.width >= NARROW else 2),
        TextColumn("{task.percentage:>3.0f} %"),
    ]
    return Progress(
        *columns, TextColumn(last_column), console=console, transient=True,
        refresh_per_second=5, disable=not console.is_terminal or console.is_dumb_terminal,
    )  # fmt: skip
