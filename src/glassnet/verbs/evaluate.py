"""`evaluate`: how good a run's network is on pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from glassnet.errors import UsageError
from glassnet.evaluation.forward import forward_split
from glassnet.evaluation.predictions import Predictions
from glassnet.evaluation.scores import Scores, score
from glassnet.run import write_whole
from glassnet.terminal import Terminal, open_terminal, quoted, show_next
from glassnet.terminal.answers import SPLIT_NAMES, show_pictures, show_scores
from glassnet.terminal.progress import show_judging
from glassnet.verbs.load import Trained, load_run
from glassnet.verbs.prepare import data_dir_of
from glassnet.verbs.source import arrange, read_for_run, without_strangers

if TYPE_CHECKING:
    from torch import nn

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
    left_out: dict[str, int]  # class that the run does not know -> number of its pictures

    @property
    def accuracy(self) -> float:
        """Share of the pictures that were told right, in 0..1."""
        return self.scores.accuracy


def evaluate(
    run: Run | str | Path,
    source: Source | None = None,
    *,
    net: nn.Module | str | None = None,
    data_dir: str | Path | None = None,
    terminal: Terminal | None = None,
) -> Evaluation:
    """Judge a run's network on a split: the test split, else the validation split, else all pictures.

    Classes are matched by name; pictures of classes that the run does not know are counted and left out.

    Args:
        run: The run or its folder.
        source: A SOURCE of the command line, or `Pictures`; None for the run's own.
        net: A NET or a module instead of the run's own, where that one is your own code.
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
    data = None if data_dir is None else Path(data_dir)
    if source is None:
        data = data or data_dir_of(trained.run)
    pictures, left_out, notes = _pictures(trained, source, terminal, data)
    show_pictures({pictures.split: pictures}, notes, terminal)
    events = forward_split(trained.net, pictures, trained.scale, trained.compute)
    logits = show_judging(events, f"judging the {SPLIT_NAMES[pictures.split]} split", terminal)
    predictions = Predictions(logits.numpy(), pictures.labels, np.asarray(pictures.paths), trained.classes)
    scores = score(predictions.labels, predictions.predicted, predictions.classes)
    if source is None:
        write_whole(trained.run.predictions(pictures.split), predictions.to_bytes())
    show_scores(scores, f"{SPLIT_NAMES[pictures.split]} split of {pictures.source}", terminal)
    name = quoted(trained.run.path)
    show_next([f"glassnet predict {name} PICTURE...", f"glassnet board {name}"], terminal)
    return Evaluation(trained.run, pictures.split, pictures.source, scores, predictions, left_out)


def _pictures(
    trained: Trained, source: Source | None, terminal: Terminal, data_dir: Path | None
) -> tuple[Pictures, dict[str, int], list[str]]:
    """Give the split that is judged, the pictures left out by class, and what a person should know."""
    own = trained.info["source"]
    if source is None and not own["by_name"]:
        raise UsageError(
            "the run was trained on picture objects", where=trained.run.path, hint="give them as source"
        )
    splits = read_for_run(
        own["name"] if source is None else source, terminal,
        data_dir=data_dir, policy=trained.policy, classes=trained.classes,
    )  # fmt: skip
    notes = []
    if source is None:
        pictures, warning = _own_split(trained, splits)
        notes += [warning] if warning else []
        expected = own["splits"].get(pictures.split, {}).get("fingerprint")
        if pictures.fingerprint != expected:
            notes.append("these are no longer the pictures of the training: their content has changed")
    else:
        pictures = next(splits[name] for name in ("test", "val", "train") if name in splits)
    pictures, left_out = without_strangers(pictures, trained.classes)
    if left_out:
        names = ", ".join(f"{name} {count:,}" for name, count in left_out.items())
        total = sum(left_out.values())
        notes.append(f"{total:,} pictures are left out, for the run does not know their classes: {names}")
    missing = np.setdiff1d(np.arange(len(trained.classes)), pictures.labels).tolist()
    if missing:
        notes.append(f"no pictures here of {', '.join(trained.classes[label] for label in missing)}")
    return pictures, left_out, [*notes, *pictures.notes]


def _own_split(trained: Trained, splits: dict[str, Pictures]) -> tuple[Pictures, str | None]:
    if "test" in splits:
        return splits["test"], None
    recipe = trained.info["recipe"]
    arranged = arrange(splits, val=recipe["val"], seed=recipe["seed"])
    if arranged.val is not None:
        return arranged.val, "no test split: these pictures chose the weights, so the accuracy is too high"
    return arranged.train, "neither test nor validation split: these are the training pictures"
