"""`train`: from pictures to a tested classifier."""

from __future__ import annotations

import itertools
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glassnet.audit.make import audit_if_cheap
from glassnet.errors import GlassnetError, RunError, TrainingError, UsageError
from glassnet.evaluation.allocator import give_back_freed_memory, keep_freed_memory
from glassnet.evaluation.memory import is_out_of_memory
from glassnet.run import Run, create_run, locked, open_run, read_checkpoint, write_json, write_whole
from glassnet.tensorboard.scalars import log
from glassnet.terminal import Terminal, open_terminal, quoted, show_field, show_next
from glassnet.terminal.progress import show_training
from glassnet.texts import choose_language
from glassnet.training.checkpoint import restore
from glassnet.training.keep import keep, save
from glassnet.training.loop import State
from glassnet.training.loop import begin as begin_training
from glassnet.training.loop import train as train_events
from glassnet.training.recipe import Recipe, over, to_toml
from glassnet.verbs.finish import finish
from glassnet.verbs.prepare import Job, changes, describe, prepare
from glassnet.verbs.surroundings import put_back, stop_requests
from glassnet.verbs.train_checks import check_before, check_run
from glassnet.verbs.users_code import line_of_users_code
from glassnet.verbs.wishes import lay_together
from glassnet.watching.observe import observe

if TYPE_CHECKING:
    import threading

    from torch import nn

    from glassnet.audit.audit import Audit
    from glassnet.checks.found import Found
    from glassnet.verbs.source import Source


class InterruptedTrainingError(GlassnetError):
    """A training was asked to stop."""

    exit_code = 130


def train(
    net: nn.Module | str | None = None,
    source: Source | None = None,
    *,
    recipe: Recipe | str | Path | None = None,
    epochs: float | None = None,
    batch: int | None = None,
    lr: float | None = None,
    seed: int | None = None,
    val: float | None = None,
    options: Recipe | None = None,
    weights: str | Path | None = None,
    out: str | Path | None = None,
    resume: Run | str | Path | None = None,
    accept_changes: bool = False,
    report: bool = True,
    data_dir: str | Path | None = None,
    terminal: Terminal | None = None,
) -> Run:
    """Train a network on pictures, test it, and write everything into a run folder.

    The global random generators are seeded for the training; afterwards they, and PyTorch's settings, are as
    they were before. Ctrl-C and SIGTERM end the training between two steps, after a checkpoint; a second one
    ends it at once. Before the first step they do what they do in any Python: there is nothing to save yet.

    Args:
        net: Any `nn.Module`, trained in place and left with the best weights, in eval mode; or a NET of the
            command line; None for the recipe's, or glassnet's own.
        source: A SOURCE of the command line, `Pictures`, or a dict of splits; None for `fashion-mini`.
        recipe: A `Recipe`, the name of a shipped one, or a TOML file; what it leaves open is chosen.
        epochs: Over the recipe's.
        batch: Over the recipe's, pictures.
        lr: Over the recipe's.
        seed: Over the recipe's.
        val: Over the recipe's, 0..0.9.
        options: Any other fields over the recipe's.
        weights: A weights file to start from.
        out: The run folder; None for one in `runs`, named after the time.
        resume: A run to go on with, to the same bits as if it had never stopped.
        accept_changes: Go on although pictures, network or recipe have changed.
        report: Whether `report.html` is written at the end.
        data_dir: Where data sets are looked for first.
        terminal: Where texts and progress go; None for standard error.

    Returns:
        The run; `run.info["result"]` holds the figures.

    Raises:
        UsageError: Something given is unknown or cannot be used.
        RunError: The run folder cannot be written, or another process writes it.
        TrainingError: The training had to stop; the last checkpoint is kept.
        InterruptedTrainingError: Ctrl-C or SIGTERM; a checkpoint is written first.

    Example:
        >>> run = train("lenet", "fashion-mini", epochs=0.02, out=tmp_path / "run")
        >>> run.info["result"]["steps"]
        1
    """
    began = time.perf_counter()
    terminal = terminal or open_terminal(json=True)
    old = None if resume is None else resume if isinstance(resume, Run) else open_run(resume)
    if old and out:
        raise UsageError("out and resume exclude each other", hint="a resumed run goes on in its own folder")
    if out and Path(out).exists():
        create_run(Path(out))  # refuses a folder that is taken, before pictures are read for minutes
    single = Recipe(epochs=epochs, batch=batch, lr=lr, seed=seed, val=val)  # pyright: ignore[reportArgumentType]
    if isinstance(net, str):
        single, net = replace(single, net=net), None
    wishes = lay_together(old=old, recipe=recipe, options=over(options or Recipe(), single))
    with ExitStack() as stack:
        if old:
            stack.enter_context(locked(old))
        stack.enter_context(put_back())
        job = prepare(
            net, source, wishes, old=old, weights=_path(weights), data_dir=_path(data_dir), terminal=terminal
        )
        run = old or (create_run(Path(out)) if out else _new_run(job))
        if not old:
            stack.enter_context(locked(run))
        info = _info(job, old, accept_changes=accept_changes)
        audit = audit_if_cheap(job.read)
        before = check_before(job, audit, terminal)
        keep_freed_memory()  # from now on: what the checks before took goes back to the system
        state = begin_training(job.built.module, job.splits.train, job.splits.val, job.recipe, job.scale)
        show_field("run", str(run.path), terminal)
        if old:
            _go_on(state, old, terminal)
            began -= sum(state.seconds.values())  # what was done before counts too
        _write_head(run, job, info)
        _run_to_the_end(job, before, state, run, info, began, terminal)
        if report:
            _report(job, audit, state, run, terminal)
    give_back_freed_memory()
    name = quoted(run.path)
    show_next(
        [f"glassnet predict {name} PICTURE...", f"glassnet evaluate {name}", f"glassnet board {name}"],
        terminal,
    )
    return run


def _path(path: str | Path | None) -> Path | None:
    return None if path is None else Path(path)


def _new_run(job: Job) -> Run:
    """Make a folder in `runs`, named after the time, the source and the network, that nobody else has."""
    stem = Path(job.source.strip("<>")).stem or "pictures"
    net = job.built.record["net"].split("(")[0].split(":")[-1]
    name = f"{datetime.now():%Y%m%d-%H%M%S}-{stem}-{net}"
    path = Path("runs") / name
    for count in itertools.count(2):
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            path = Path("runs") / f"{name}-{count}"
            continue
        except OSError:
            pass  # create_run tells why
        break
    return create_run(path)


def _info(job: Job, old: Run | None, *, accept_changes: bool) -> dict[str, Any]:
    """Describe the run; one that goes on must be the same training, and keeps its first command."""
    started = datetime.now().astimezone().isoformat(timespec="seconds")
    info = describe(job, sys.argv) | {"started": started}
    if old is None:
        return info
    differences = changes(old.info, info)
    if differences and not accept_changes:
        raise UsageError(
            "this would not be the same training", where=old.path, got="; ".join(differences),
            expected="the same pictures, network and recipe", hint="--accept-changes goes on all the same",
        )  # fmt: skip
    again = {"command": info["command"], "started": started, "changes": differences}
    resumed = [*old.info.get("resumed", []), again]
    return info | {"command": old.info["command"], "started": old.info["started"], "resumed": resumed}


def _write_head(run: Run, job: Job, info: dict[str, Any]) -> None:
    """Write all that is known before the first step: whatever happens then, the run tells what it was."""
    for name, text in job.built.sources.items():
        write_whole(run.path / "net" / name, text)
    record = job.built.record
    again = replace(job.recipe, net=record["resolved"] if record["source"] else record["net"])
    head = f"# glassnet train {quoted(job.source)} --recipe {quoted(run.path / 'recipe.toml')}\n"
    if record["weights"]:
        head += f"# --weights {quoted(record['weights']['from'])}\n"
    write_whole(run.path / "recipe.toml", head + to_toml(again, job.reasons))
    write_json(run.path / "run.json", {**info, "status": "running"})


def _go_on(state: State, old: Run, terminal: Terminal) -> None:
    found = read_checkpoint(old)
    if found is None:
        show_field("resumed", "no checkpoint was written yet, so from the first step", terminal)
        return
    tensors, facts, damaged = found
    for line in damaged:
        show_field("damaged", f"{line}; the one before it is used", terminal)
    differences = restore(state, tensors, facts)
    show_field("resumed", f"at step {state.step:,} of {state.num_steps:,}", terminal)
    if differences:
        show_field("note", f"the same bits are not promised: {'; '.join(differences)}", terminal)


def _run_to_the_end(
    job: Job, before: Found, state: State, run: Run, info: dict[str, Any], began: float, terminal: Terminal
) -> None:
    """Train, judge, and write into the run how it ended, however that was."""
    resume = f"glassnet train --resume {quoted(run.path)}"
    try:
        findings = _train_watched(before, state, run, resume, terminal)
        result = finish(job, state, run, info, began, terminal) | {"findings": findings}
        write_json(run.path / "run.json", {**info, "status": "finished", "result": result})
    except BaseException as error:
        told = _told(error, state, resume)
        status = "interrupted" if isinstance(told, InterruptedTrainingError) else "failed"
        with suppress(RunError):
            write_json(run.path / "run.json", {**info, "status": status, "error": str(told)})
        if told is error:
            raise
        raise told from error


def _train_watched(
    before: Found, state: State, run: Run, resume: str, terminal: Terminal
) -> list[dict[str, Any]]:
    """Train to the end and give the findings; what the watcher has kept is freed with it."""
    with stop_requests() as stop, observe(by="check") as watcher:
        _train(state, run, stop, resume, terminal)
    return check_run(watcher, before, terminal)


def _report(job: Job, audit: Audit | None, state: State, run: Run, terminal: Terminal) -> None:
    """Write the report; the run is finished, whatever becomes of it."""
    from glassnet.verbs.report import report_of_training, show_report  # noqa: PLC0415 — loads templates
    from glassnet.verbs.report_content import RunPictures, Trained  # noqa: PLC0415

    lang = choose_language()
    try:
        trained = Trained(state.net, state.scale, state.compute)
        pictures = RunPictures(job.splits.named, audit)
        show_report(report_of_training(run, pictures, trained, lang), lang, terminal)
    except GlassnetError as error:
        show_field("note", f"no report was written: {error}", terminal)


def _train(state: State, run: Run, stop: threading.Event, resume: str, terminal: Terminal) -> None:
    events = keep(train_events(state), state, run)
    events = show_training(log(events, state, run), state, terminal)
    for _ in events:
        if stop.is_set():
            break
    events.close()
    if stop.is_set():
        save(state, run)
        raise InterruptedTrainingError(
            "stopped, and saved", where=f"step {state.step:,} of {state.num_steps:,}", hint=resume
        )


def _told(error: BaseException, state: State, resume: str) -> BaseException:
    """Tell what the person's own code raised, or that they stopped us, as an error of ours."""
    if isinstance(error, KeyboardInterrupt):
        what = "stopped at once; it goes on from the last checkpoint"
        return InterruptedTrainingError(what, hint=resume)
    if is_out_of_memory(error):
        what = f"the memory of {state.recipe.device} is too small"
        batch = max(state.recipe.batch // 2, 1)
        return TrainingError(
            what, where=f"step {state.step:,}", got=error, hint=f"a smaller batch: --batch {batch}"
        )
    line = None if isinstance(error, GlassnetError) else line_of_users_code(error)
    if line is None:
        return error
    where, code = line
    message = str(error).strip().split("\n")[0]
    return TrainingError(
        f"the network raised {type(error).__name__} at step {state.step + 1:,}: {message}".rstrip(": "),
        where=where,
        got=code,
        hint=f"the run goes on from its last checkpoint: {resume}" if state.step else None,
    )
