"""SOURCE -> splits: the names and kinds of sources, in one place."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from glassnet.errors import PicturesError, did_you_mean
from glassnet.pictures.arrays import read_npz, to_policy
from glassnet.pictures.decode import SECONDS_PER_PICTURE
from glassnet.pictures.events import Loaded, Progress
from glassnet.pictures.folders import is_archive, read_files
from glassnet.pictures.layout import SPLITS, check_classes
from glassnet.pictures.originals import ORIGINALS, read_original

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from glassnet.pictures.pictures import Pictures, Policy

SOURCES = ("fashion-mini", *ORIGINALS)


def load(
    source: str | Path,
    *,
    data_dir: Path | None = None,
    policy: Policy | None = None,
    classes: Sequence[str] | None = None,
    workers: int | None = None,
) -> dict[str, Pictures]:
    """Read a source of pictures.

    Args:
        source: `fashion-mini`, `fashion-mnist`, `mnist`, `cifar10`, or the path of a folder, a zip, a tar or
            an `.npz`. A folder with the name of a data set is meant by `./NAME`.
        data_dir: Where to look for original files first; by default `GLASSNET_DATA`.
        policy: How each picture becomes an array: that of the run for which they are read. By default it is
            chosen from the training pictures (`choose_policy`).
        classes: The class names, in the order of the labels: those of the run for which they are read. By
            default the names found, in the order of the source.
        workers: Number of decoding processes.

    Returns:
        The splits, keys among `train`, `val`, `test`, in this order.

    Raises:
        UsageError: The source is unknown or cannot be used.
        GlassnetError: A download failed, or the disk is full.

    Example:
        >>> splits = load("fashion-mini")
        >>> {name: pictures.images.shape for name, pictures in splits.items()}
        {'train': (6000, 28, 28, 1), 'test': (1000, 28, 28, 1)}
    """
    events = open_source(source, data_dir=data_dir, policy=policy, classes=classes, workers=workers)
    for event in events:
        if isinstance(event, Loaded):
            return event.splits
    raise AssertionError("open_source ended without its last event")


def open_source(
    source: str | Path,
    *,
    data_dir: Path | None = None,
    policy: Policy | None = None,
    classes: Sequence[str] | None = None,
    workers: int | None = None,
    seconds_per_picture: float = SECONDS_PER_PICTURE,
) -> Generator[Progress | Loaded]:
    """Read a source of pictures, and tell how far it has come.

    Args:
        source: As for `load`.
        data_dir: As for `load`.
        policy: As for `load`.
        classes: As for `load`.
        workers: As for `load`.
        seconds_per_picture: A picture that takes longer to decode is set aside.

    Yields:
        `Progress`, and at the end `Loaded`.

    Raises:
        UsageError: The source is unknown or cannot be used.
        GlassnetError: A download failed, or the disk is full.
    """
    name = str(source)
    path = Path(source).expanduser()
    if name == "fashion-mini":
        splits = _read_fashion_mini()
    elif name in ORIGINALS:
        splits = yield from read_original(name, data_dir=data_dir)
    elif path.is_file() and path.suffix.lower() == ".npz":
        splits = read_npz(path, source=name)
    elif path.is_dir() or (path.is_file() and is_archive(path)):
        splits = yield from read_files(
            path,
            source=name,
            policy=policy,
            any_classes=classes is not None,
            workers=workers,
            seconds_per_picture=seconds_per_picture,
        )
    else:
        raise _unknown(name, path)
    _refuse_empty_splits(splits)
    if policy:
        splits = {split: to_policy(pictures, policy) for split, pictures in splits.items()}
    if classes is not None:
        splits = {split: _with_classes(pictures, tuple(classes)) for split, pictures in splits.items()}
    else:
        splits = _with_notes_on_classes(splits, name)
    yield Loaded({split: splits[split] for split in SPLITS if split in splits})


def _read_fashion_mini() -> dict[str, Pictures]:
    with resources.as_file(resources.files("glassnet.pictures") / "fashion_mini.npz") as path:
        splits = read_npz(path, source="fashion-mini")
    return {
        split: replace(
            pictures, paths=tuple(f"fashion-mini:{split}[{index}]" for index in range(len(pictures)))
        )
        for split, pictures in splits.items()
    }


def _refuse_empty_splits(splits: dict[str, Pictures]) -> None:
    for split, pictures in splits.items():
        if not len(pictures):
            first = pictures.rejected[0]
            raise PicturesError(
                f"none of the files in {split} is a usable picture",
                where=pictures.source,
                got=f"{len(pictures.rejected)} files; the first, {first.path}: {first.reason}",
            )


def _with_classes(pictures: Pictures, classes: tuple[str, ...]) -> Pictures:
    """Number the labels as another source did."""
    strangers = [name for name in pictures.classes if name not in classes]
    if strangers:
        raise PicturesError(
            "the source has classes that are not known",
            where=pictures.source,
            got=", ".join(map(repr, strangers)),
            expected=f"classes among {', '.join(map(repr, classes))}",
            hint=did_you_mean(strangers[0], classes),
        )
    number = np.array([classes.index(name) for name in pictures.classes], np.int64)
    return replace(pictures, labels=number[pictures.labels], classes=classes)


def _with_notes_on_classes(splits: dict[str, Pictures], source: str) -> dict[str, Pictures]:
    classes = next(iter(splits.values())).classes
    counts = {
        split: np.bincount(pictures.labels, minlength=len(classes)).tolist()
        for split, pictures in splits.items()
    }
    notes = check_classes(classes, counts, source=source)
    return {
        split: replace(pictures, notes=pictures.notes + notes[split]) for split, pictures in splits.items()
    }


def _unknown(name: str, path: Path) -> PicturesError:
    if path.is_file():
        return PicturesError(
            "this file is no source of pictures",
            where=name,
            expected="a folder, a .zip or .tar of one, or an .npz",
            hint="for single pictures: glassnet predict RUN PICTURE",
        )
    looks_like_path = path.suffix or len(path.parts) > 1
    if looks_like_path:
        parent = path.parent if path.parent.is_dir() else None
        near = did_you_mean(path.name, [item.name for item in parent.iterdir()]) if parent else None
        return PicturesError(
            "there is no such file or folder",
            where=name,
            hint=near if near and near.startswith("did") else None,
        )
    return PicturesError(
        f"unknown source {name!r}",
        expected=f"{', '.join(SOURCES)}, a folder, a .zip or .tar of one, or an .npz",
        hint=did_you_mean(name, SOURCES),
    )
