"""`predict`: the class and probabilities of single pictures."""

from __future__ import annotations

import glob
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from glassnet.errors import PicturesError, UsageError
from glassnet.evaluation.forward import forward_in_parts
from glassnet.evaluation.predictions import Predictions
from glassnet.pictures.pictures import Rejected
from glassnet.pictures.policy import read_picture
from glassnet.terminal import Terminal, open_terminal, quoted, show_field, show_next
from glassnet.terminal.answers import show_predictions, show_rejected
from glassnet.verbs.load import Trained, load_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn

    from glassnet.run import Run

BATCH = 256
TOP = 5  # classes listed for each picture


@dataclass(frozen=True)
class Prediction:
    """What the network says of one picture."""

    path: str
    label: str  # the likeliest class
    probability: float
    top: tuple[tuple[str, float], ...]  # the likeliest classes, in order


@dataclass(frozen=True)
class PredictionList:
    """What the network says of pictures, and which files are none."""

    pictures: tuple[Prediction, ...]
    rejected: tuple[Rejected, ...]


def predict(
    run: Run | str | Path,
    pictures: str | Path | Sequence[str | Path],
    *,
    net: nn.Module | str | None = None,
    terminal: Terminal | None = None,
) -> PredictionList:
    """Tell the class of pictures, seen exactly as in the training.

    Args:
        run: The run or its folder.
        pictures: One or more files, folders (with all that is in them) and patterns such as `*.jpg`.
        net: A NET or a module instead of the run's own, where that one is your own code.
        terminal: Where texts go; None for standard error.

    Returns:
        A prediction for each picture, and each file that could not be read with the reason.

    Raises:
        UsageError: A path is not there, or no file was given.
        RunError: The run is damaged.

    Example:
        >>> predict(finished_run, [picture_path]).pictures[0].label in finished_run.info["source"]["classes"]
        True
    """
    terminal = terminal or open_terminal(json=True)
    given = [pictures] if isinstance(pictures, str | Path) else pictures
    paths = list(dict.fromkeys(path for item in given for path in _files(item)))
    if not paths:
        raise UsageError(
            "there is no picture to look at", got=", ".join(map(str, given)) or "nothing",
            expected="files, folders or patterns such as '*.jpg'",
        )  # fmt: skip
    trained = load_run(run, net=net, terminal=terminal)
    done, rejected = _told(trained, paths)
    if done:
        show_predictions([(p.path, p.top) for p in done], terminal)
    show_rejected([(reject.path, reject.reason) for reject in rejected], terminal)
    show_field("pictures", f"{len(paths):,}: {len(done):,} told, {len(rejected):,} set aside", terminal)
    show_next([f"glassnet evaluate {quoted(trained.run.path)} FOLDER"], terminal)
    return PredictionList(tuple(done), tuple(rejected))


def _told(trained: Trained, paths: Sequence[Path]) -> tuple[list[Prediction], list[Rejected]]:
    done: list[Prediction] = []
    rejected: list[Rejected] = []
    for start in range(0, len(paths), BATCH):
        read: list[tuple[Path, np.ndarray]] = []
        for path in paths[start : start + BATCH]:
            try:
                read.append((path, read_picture(path, trained.policy)))
            except PicturesError as error:
                rejected.append(Rejected(str(path), error.parts.get("got", error.what)))
        if not read:
            continue
        images = trained.scale.apply(
            np.stack([image for _, image in read]),
            device=trained.compute.device, memory_format=trained.compute.memory_format,
        )  # fmt: skip
        logits = forward_in_parts(trained.net, images, trained.compute).cpu().numpy()
        batch = Predictions(logits, np.zeros(len(read), np.int64), np.array([]), trained.classes)
        done += [
            _prediction(str(path), row, trained.classes)
            for (path, _), row in zip(read, batch.probabilities, strict=True)
        ]
    return done, rejected


def _prediction(path: str, probabilities: np.ndarray, classes: tuple[str, ...]) -> Prediction:
    order = np.argsort(-probabilities, kind="stable")[:TOP]
    top = tuple((classes[index], float(probabilities[index])) for index in order)
    return Prediction(path, top[0][0], top[0][1], top)


def _files(given: str | Path) -> list[Path]:
    """Give the files that a file, folder or pattern stands for, in the order of their names."""
    path = Path(given)
    if path.is_file():
        return [path]
    if path.is_dir():
        return sorted(item for item in path.rglob("*") if item.is_file() and not item.name.startswith("."))
    found = sorted(Path(match) for match in glob.glob(str(given), recursive=True))
    files = [file for match in found for file in (_files(match) if match.is_dir() else [match])]
    if not any(file.is_file() for file in files):
        raise UsageError(
            "there is no such picture", where=given, expected="a file, a folder or a pattern such as '*.jpg'"
        )
    return [file for file in files if file.is_file()]
