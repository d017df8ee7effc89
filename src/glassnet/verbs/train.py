"""`train`: from pictures to a tested classifier."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

import glassnet
from glassnet import tensorboard
from glassnet.draw import missing_font
from glassnet.errors import GlassnetError, RecipeError, RunError, UsageError
from glassnet.evaluation.forward import forward_split
from glassnet.evaluation.predictions import Predictions
from glassnet.evaluation.scores import Scores, score
from glassnet.nets.build import BuiltNet, build, given
from glassnet.nets.fit_check import check_fits
from glassnet.nets.measure import macs_per_picture, num_parameters
from glassnet.nets.rebuild import rebuild
from glassnet.pictures.scale import Scale
from glassnet.pictures.statistics import mean_and_deviation
from glassnet.run import Run, create_run, locked, open_run, read_checkpoint, write_json, write_whole
from glassnet.terminal import (
    Terminal, open_terminal, quoted, show_choices, show_field, show_judging, show_next, show_pictures, show_scores,
    show_training, spark_line,
)  # fmt: skip
from glassnet.training.checkpoint import machine, restore
from glassnet.training.choices import Facts, resolve
from glassnet.training.keep import keep, save
from glassnet.training.loop import State, begin
from glassnet.training.loop import train as train_events
from glassnet.training.recipe import Recipe, check, from_table, named, over, read_toml, to_toml
from glassnet.verbs.source import Source, Splits, arrange, read_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

DEFAULT_NET = "glass"
DEFAULT_VAL = 0.1
SIDED = ("mnist",)  # sources whose classes have a left and a right


class Interrupted(GlassnetError):
    """A training was asked to stop, and was saved."""

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
    weights: str | Path | None = None,
    out: str | Path | None = None,
    resume: Run | str | Path | None = None,
    accept_changes: bool = False,
    data_dir: str | Path | None = None,
    terminal: Terminal | None = None,
) -> Run:
    """Train a network on pictures, test it, and write everything into a run folder.

    Args:
        net: Any `nn.Module`, trained in place and left with the best weights; or a NET of the command line; None
            for the recipe's, or glassnet's own.
        source: A SOURCE of the command line, or `Pictures`; None for `fashion-mini`.
        recipe: A `Recipe`, the name of a shipped one, or a TOML file; what it leaves open is chosen.
        epochs: Over the recipe's.
        batch: Over the recipe's, pictures.
        lr: Over the recipe's.
        seed: Over the recipe's.
        val: Over the recipe's, 0..0.9.
        weights: A weights file to start from.
        out: The run folder; None for one in `runs`, named after the time.
        resume: A run to go on with, to the same bits as if it had never stopped.
        accept_changes: Go on although pictures, network or recipe have changed.
        data_dir: Where data sets are looked for first.
        terminal: Where texts and progress go; None for standard error.

    Returns:
        The run; `run.info["result"]` holds the figures.

    Raises:
        UsageError: Something given is unknown or cannot be used.
        RunError: The run folder cannot be written, or another process writes it.
        TrainingError: The training had to stop; the last checkpoint is kept.
        Interrupted: Ctrl-C or SIGTERM; a checkpoint is written first.

    Example:
        >>> run = train("lenet", "fashion-mini", epochs=0.02, out=tmp_path / "run")
        >>> run.info["result"]["test_accuracy"] >= 0
        True
    """
    terminal = terminal or open_terminal(json=True)
    began = time.perf_counter()
    wishes = over(
        _read_recipe(recipe),
        Recipe(epochs=epochs, batch=batch, lr=lr, seed=seed, val=val),  # pyright: ignore[reportArgumentType]
    )
    if isinstance(net, str):
        wishes = replace(wishes, net=net)
    check(wishes, where="the recipe and options given")
    old = None
    if resume is not None:
        old = resume if isinstance(resume, Run) else open_run(resume)
        if out is not None:
            raise UsageError("--out and --resume exclude each other", hint="a resumed run goes on in its own folder")
    job = _prepare(net, source, wishes, old, weights, terminal, data_dir and Path(data_dir))
    run = old or create_run(Path(out) if out else _new_path(job.source_name, job.recipe.net))
    with locked(run), _stop_requests() as stop:
        if old:
            _refuse_changes(old.info, _info(job), accept_changes, old.path)
        _write_head(run, job)
        state = begin(job.built.module, job.splits.train, job.splits.val, job.recipe, job.scale)
        if old:
            _restore(state, old, terminal)
        _seconds_before = time.perf_counter() - began
        try:
            _train(state, run, stop, terminal)
        except Interrupted:
            _write_status(run, "interrupted")
            raise
        except GlassnetError as error:
            with suppress(RunError):
                _write_status(run, "failed", error=str(error))
            raise
        _finish(job, state, run, began, terminal)
    return run


@dataclass(frozen=True)
class Job:
    """What is known before the first step."""

    source: Source
    source_name: str
    splits: Splits
    scale: Scale
    built: BuiltNet
    parameters: int
    macs: int
    recipe: Recipe  # resolved
    reasons: dict[str, str]


def _read_recipe(recipe: Recipe | str | Path | None) -> Recipe:
    match recipe:
        case None:
            return Recipe()
        case Recipe():
            return recipe
        case Path():
            return read_toml(recipe)
    return read_toml(Path(recipe)) if recipe.endswith(".toml") or Path(recipe).is_file() else named(recipe)
