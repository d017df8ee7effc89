"""`evaluate`: how good a run's network is on pictures."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from glassnet.draw import missing_font
from glassnet.errors import RunError, UsageError
from glassnet.evaluation.forward import forward_split
from glassnet.evaluation.judgement import judge
from glassnet.evaluation.predictions import Predictions, read_predictions
from glassnet.pictures.file_sizes import file_sizes
from glassnet.pictures.statistics import brightness_of
from glassnet.run import write_whole
from glassnet.terminal import Terminal, open_terminal, quoted, show_field, show_next
from glassnet.terminal.answers import SPLIT_NAMES, show_pictures, show_scores
from glassnet.terminal.judgement_answer import show_judgement, show_seconds
from glassnet.terminal.progress import show_judging
from glassnet.texts import choose_language, texts
from glassnet.verbs.judgement_files import WantedFiles, check_parquet, write_judgement
from glassnet.verbs.load import Trained, load_run
from glassnet.verbs.prepare import data_dir_of
from glassnet.verbs.source import arrange, read_for_run, without_strangers

if TYPE_CHECKING:
    from torch import nn

    from glassnet.evaluation.judgement import Judgement
    from glassnet.evaluation.scores import Scores
    from glassnet.pictures.pictures import Pictures
    from glassnet.run import Run
    from glassnet.verbs.source import Source


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What `evaluate` found."""

    run: Run
    judgement: Judgement
    predictions: Predictions
    left_out: dict[str, int]  # class that the run does not know -> number of its pictures
    files: dict[str, Path]  # what was written beside the run, by name
    seconds: dict[str, float]  # where the time went: total, start, data, network, judgement, files

    @property
    def scores(self) -> Scores:
        """Accuracy with its interval, figures per class and on average."""
        return self.judgement.scores

    @property
    def accuracy(self) -> float:
        """Share of the pictures that were told right, in 0..1."""
        return self.scores.accuracy


def evaluate(
    run: Run | str | Path,
    source: Source | None = None,
    *,
    net: nn.Module | str | None = None,
    split: str | None = None,
    flip: bool = False,
    figures: str | Path | None = None,
    csv: str | Path | None = None,
    parquet: str | Path | None = None,
    data_dir: str | Path | None = None,
    lang: str | None = None,
    terminal: Terminal | None = None,
) -> Evaluation:
    """Judge a run's network on a split: the test split, else the validation split, else all pictures.

    Classes are matched by name; pictures of classes that the run does not know are counted and left out.

    Args:
        run: The run or its folder.
        source: A SOURCE of the command line, or `Pictures`; None for the run's own.
        net: A NET or a module instead of the run's own, where that one is your own code.
        split: `test`, `val` or `train`; None chooses.
        flip: Judge the mean of the logits of each picture and of its mirror image.
        figures: A folder for figures; None writes none.
        csv: A file for the predictions, a line each; None writes none.
        parquet: The same as Parquet.
        data_dir: Where data sets are looked for first.
        lang: Of the words in figures: `en` or `zh`; None chooses.
        terminal: Where texts and progress go; None for standard error.

    Returns:
        The judgement and the predictions that it derives from.

    Raises:
        UsageError: Something given cannot be used.
        RunError: The run is damaged, or its network gives no finite numbers.

    Example:
        >>> evaluation = evaluate(finished_run)
        >>> evaluation.scores.images, len(evaluation.judgement.mistakes) > 0
        (1000, True)
    """
    times = [time.perf_counter()]
    terminal, lang = terminal or open_terminal(json=True), choose_language(lang)
    wanted = WantedFiles(*(None if path is None else Path(path) for path in (figures, csv, parquet)))
    check_parquet(wanted)
    trained = load_run(run, net=net, terminal=terminal)
    times.append(time.perf_counter())
    data = None if data_dir is None else Path(data_dir)
    if source is None:
        data = data or data_dir_of(trained.run)
    pictures, left_out, notes = _pictures(trained, source, terminal, data, split)
    # other pictures without splits are no training split: this run was not trained on them
    whole = source is not None and split is None and pictures.split == "train"
    name = "pictures" if whole else f"{SPLIT_NAMES[pictures.split]} split"
    show_pictures({"all" if whole else pictures.split: pictures}, notes, terminal)
    times.append(time.perf_counter())
    events = forward_split(trained.net, pictures, trained.scale, trained.compute, flip=flip)
    logits = show_judging(events, f"judging the {name}", terminal)
    times.append(time.perf_counter())
    predictions = Predictions(logits.numpy(), pictures.labels, np.asarray(pictures.paths), trained.classes)
    judgement = judge(
        predictions,
        split=pictures.split,
        source=pictures.source,
        validation=_validation(trained.run, pictures.split, flip, terminal),
        sizes=file_sizes(pictures),
        brightness=brightness_of(pictures),
    )
    times.append(time.perf_counter())
    if source is None:
        file = trained.run.predictions(f"{pictures.split}-flip" if flip else pictures.split)
        write_whole(file, predictions.to_bytes())
    files = write_judgement(wanted, judgement, predictions, pictures, lang)
    times.append(time.perf_counter())
    parts = ("start", "data", "network", "judgement", "files")
    seconds = {name: after - before for name, before, after in zip(parts, times, times[1:], strict=False)}
    seconds["total"] = times[-1] - times[0]
    mirrored = ", with mirror images" if flip else ""
    what = f"{'all' if whole else name} of {pictures.source}{mirrored}"
    show_scores(judgement.scores, what, terminal)
    show_judgement(judgement, terminal)
    _show_end(trained.run, wanted, files, judgement, seconds, lang, terminal)
    return Evaluation(trained.run, judgement, predictions, left_out, files, seconds)


def _show_end(
    run: Run,
    wanted: WantedFiles,
    files: dict[str, Path],
    judgement: Judgement,
    seconds: dict[str, float],
    lang: str,
    terminal: Terminal,
) -> None:
    for index, path in enumerate(files.values()):
        show_field("" if index else "written", str(path), terminal)
    drawn = (*judgement.classes, *texts(lang, "judgement").values())
    trouble = missing_font(drawn) if wanted.figures is not None else None
    if trouble:
        show_field("note", trouble, terminal)
    show_seconds(seconds, judgement.scores.images, terminal)
    name = quoted(run.path)
    more = [] if wanted.figures is not None else [f"glassnet evaluate {name} --figures {quoted('figures')}"]
    show_next([f"glassnet predict {name} PICTURE...", *more, f"glassnet board {name}"], terminal)


def _validation(run: Run, split: str, flip: bool, terminal: Terminal) -> Predictions | None:
    """Read the run's predictions of its validation split, made in the same way, where there are some."""
    path = run.predictions("val-flip" if flip else "val")
    if split == "val" or not path.is_file():
        if flip and split != "val" and run.predictions("val").is_file():
            command = f"glassnet evaluate {quoted(run.path)} --split val --flip"
            show_field("note", f"a temperature needs the same of the validation split: {command}", terminal)
        return None
    try:
        return read_predictions(path)
    except RunError as error:
        show_field("damaged", f"{path}: {error.parts.get('got', error.what)}", terminal)
        return None


def _pictures(
    trained: Trained, source: Source | None, terminal: Terminal, data_dir: Path | None, split: str | None
) -> tuple[Pictures, dict[str, int], list[str]]:
    """Give the split that is judged, the pictures left out by class, and what a person should know."""
    if source is None:
        _check_own(trained)
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
        pictures, warning = _own_split(trained, splits, split)
        notes += [warning] if warning else []
        expected = own["splits"].get(pictures.split, {}).get("fingerprint")
        if pictures.fingerprint != expected:
            notes.append("these are no longer the pictures of the training: their content has changed")
    elif split is None:
        pictures = next(splits[name] for name in ("test", "val", "train") if name in splits)
    else:
        pictures = _named(splits, split)
    pictures, left_out = without_strangers(pictures, trained.classes)
    if left_out:
        names = ", ".join(f"{name} {count:,}" for name, count in left_out.items())
        total = sum(left_out.values())
        notes.append(f"{total:,} pictures are left out, for the run does not know their classes: {names}")
    missing = np.setdiff1d(np.arange(len(trained.classes)), pictures.labels).tolist()
    if missing:
        notes.append(f"no pictures here of {', '.join(trained.classes[label] for label in missing)}")
    return pictures, left_out, [*notes, *pictures.notes]


def _check_own(trained: Trained) -> None:
    """Refuse a run that does not say which pictures it was trained on, and how they were split."""
    source, recipe = trained.info["source"], trained.info["recipe"]
    missing = [key for key in ("name", "by_name", "splits") if key not in source]
    missing += [key for key in ("val", "seed") if key not in recipe]
    if missing:
        raise RunError(
            "the run is damaged, or of another version", where=trained.run.path / "run.json",
            got=f"without {', '.join(missing)}", hint=f"glassnet evaluate {quoted(trained.run.path)} SOURCE",
        )  # fmt: skip


def _own_split(
    trained: Trained, splits: dict[str, Pictures], split: str | None
) -> tuple[Pictures, str | None]:
    """Give the split of the run's own source that is asked for, or the best one; say what is amiss."""
    if split == "test" or (split is None and "test" in splits):
        return _named(splits, "test"), None
    recipe = trained.info["recipe"]
    arranged = arrange(splits, val=recipe["val"], seed=recipe["seed"])
    if split is not None:
        return _named(arranged.named, split), None
    if arranged.val is not None:
        return arranged.val, "no test split: these pictures chose the weights, so the accuracy is too high"
    return arranged.train, "neither test nor validation split: these are the training pictures"


def _named(splits: dict[str, Pictures], split: str) -> Pictures:
    if split not in splits:
        raise UsageError(
            f"there is no {SPLIT_NAMES.get(split, split)} split", where="--split",
            got=split, expected=" or ".join(name for name in ("test", "val", "train") if name in splits),
        )  # fmt: skip
    return splits[split]
