"""`evaluate`: how good a run's network is on pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from glassnet.evaluation.forward import forward_split
from glassnet.evaluation.predictions import Predictions
from glassnet.evaluation.scores import Scores, score
from glassnet.run import write_whole
from glassnet.terminal import (
    Terminal,
    open_terminal,
    quoted,
    show_field,
    show_judging,
    show_next,
    show_pictures,
    show_scores,
)  # fmt: skip
from glassnet.verbs.load import Trained, load_run
from glassnet.verbs.source import arrange, read_source

if TYPE_CHECKING:
    from glassnet.pictures.pictures import Pictures
    from glassnet.run import Run
    from glassnet.verbs.source import Source


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What `evaluate` found."""

    run: Run
    split: str
    source: str
    scores: Scores
    predictions: Predictions


def evaluate(
    run: Run | str | Path,
    source: Source | None = None,
    *,
    net: str | None = None,
    data_dir: str | Path | None = None,
    terminal: Terminal | None = None,
) -> Evaluation:
    """Judge a run's network on a split: the test split, else the validation split, else all pictures.

    Args:
        run: The run or its folder.
        source: A SOURCE of the command line, or `Pictures`; None for the run's own.
        net: A NET to build instead of the run's own, where that one is code from a file.
        data_dir: Where data sets are looked for first.
        terminal: Where texts and progress go; None for standard error.

    Returns:
        The scores and the predictions they derive from.

    Raises:
        UsageError: Something given cannot be used.
        RunError: The run is damaged.

    Example:
        >>> evaluation = evaluate(finished_run)
        >>> evaluation.scores.images
        1000
    """
    terminal = terminal or open_terminal(json=True)
    trained = load_run(run, net=net, terminal=terminal)
    pictures = _pictures(trained, source, terminal, None if data_dir is None else Path(data_dir))
    show_pictures({pictures.split: pictures}, pictures.notes, terminal)
    events = forward_split(trained.net, pictures, trained.scale, trained.compute)
    logits = show_judging(events, f"judging the {pictures.split} split", terminal)
    predictions = Predictions(logits.numpy(), pictures.labels, np.asarray(pictures.paths), trained.classes)
    scores = score(predictions.labels, predictions.predicted, predictions.classes)
    if source is None:
        write_whole(trained.run.predictions(pictures.split), predictions.to_bytes())
    show_scores(scores, f"{pictures.split} split of {pictures.source}", terminal)
    show_next([f"glassnet predict {quoted(trained.run.path)} PICTURE..."], terminal)
    return Evaluation(trained.run, pictures.split, pictures.source, scores, predictions)


def _pictures(trained: Trained, source: Source | None, terminal: Terminal, data_dir: Path | None) -> Pictures:
    info = trained.info
    splits = read_source(
        info["source"]["name"] if source is None else source, terminal,
        data_dir=data_dir, policy=trained.policy, classes=trained.classes,
    )  # fmt: skip
    if "test" in splits:
        return splits["test"]
    if source is not None:
        return splits.get("val") or next(iter(splits.values()))
    arranged = arrange(splits, val=info["recipe"]["val"], seed=info["recipe"]["seed"])
    if arranged.val is not None:
        show_field(
            "note", "no test split: these pictures chose the weights, so the accuracy is too high", terminal
        )
        return arranged.val
    show_field("note", "neither test nor validation split: these are the training pictures", terminal)
    return arranged.train
