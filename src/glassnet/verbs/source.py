"""A source of pictures, by name or as objects, to splits and what a network sees of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from glassnet.errors import PicturesError, UsageError
from glassnet.pictures.arrays import to_policy
from glassnet.pictures.pictures import Pictures
from glassnet.pictures.sources import open_source
from glassnet.pictures.splits import split_off
from glassnet.terminal.progress import show_reading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glassnet.pictures.pictures import Policy
    from glassnet.terminal import Terminal

Source = str | Path | Pictures | dict[str, Pictures]


@dataclass(frozen=True)
class Splits:
    """The splits of a source as a training uses them."""

    train: Pictures
    val: Pictures | None
    test: Pictures | None
    own_val: bool  # the validation split is the source's own
    notes: tuple[str, ...]

    @property
    def named(self) -> dict[str, Pictures]:
        """Those that are there, by name."""
        splits = {"train": self.train, "val": self.val, "test": self.test}
        return {name: pictures for name, pictures in splits.items() if pictures is not None}


def read_source(source: Source, terminal: Terminal, *, data_dir: Path | None) -> dict[str, Pictures]:
    """Read a source to train on.

    Args:
        source: A SOURCE of the command line, or pictures.
        terminal: Where progress is drawn.
        data_dir: Where data sets are looked for first.

    Returns:
        Splits by name.

    Raises:
        PicturesError: It cannot be used.
    """
    if isinstance(source, Pictures):
        return {source.split: source}
    if isinstance(source, dict):
        _refuse_unlike(source)
        return source
    return show_reading(open_source(source, data_dir=data_dir), terminal)


def _refuse_unlike(splits: Mapping[str, Pictures]) -> None:
    """Refuse splits that one network cannot see alike; those that glassnet reads always agree."""
    names = list(splits)
    for name in names[1:]:
        for what, one, other in (
            ("classes", splits[names[0]].classes, splits[name].classes),
            ("size and channels", splits[names[0]].policy, splits[name].policy),
        ):
            if one != other:
                raise PicturesError(
                    f"the splits do not have the same {what}", where=name, got=other,
                    expected=f"as in {names[0]}: {one}",
                )  # fmt: skip


def read_for_run(
    source: Source, terminal: Terminal, *, data_dir: Path | None, policy: Policy, classes: Sequence[str]
) -> dict[str, Pictures]:
    """Read a source to judge a run on: seen as in its training, with the run's classes, matched by name.

    Args:
        source: A SOURCE of the command line, or pictures.
        terminal: Where progress is drawn.
        data_dir: Where data sets are looked for first.
        policy: How the run's network sees pictures.
        classes: The run's, in the order of its labels.

    Returns:
        Splits by name. Pictures of classes that the run does not know are still there, with labels from
        `len(classes)` on: `without_strangers` takes them out.

    Raises:
        PicturesError: It cannot be used, or has no class of the run.
    """
    if isinstance(source, Pictures | dict):
        read = {source.split: source} if isinstance(source, Pictures) else source
        read = {name: to_policy(pictures, policy) for name, pictures in read.items()}
    else:
        try:
            events = open_source(source, data_dir=data_dir, policy=policy, classes=classes)
            return show_reading(events, terminal)
        except PicturesError as first:  # among others: classes that the run does not know
            try:
                read = show_reading(open_source(source, data_dir=data_dir, policy=policy), terminal)
            except PicturesError:
                raise first from None
    found = next(iter(read.values())).classes
    if not set(found) & set(classes):
        raise PicturesError(
            "the source has no class of the run", where=next(iter(read.values())).source,
            got=", ".join(found), expected=f"classes among {', '.join(classes)}",
        )  # fmt: skip
    return {name: _renumbered(pictures, classes) for name, pictures in read.items()}


def _renumbered(pictures: Pictures, classes: Sequence[str]) -> Pictures:
    """Number the labels as the run does; classes that it does not know come after its own."""
    names = (*classes, *(name for name in pictures.classes if name not in classes))
    number = np.array([names.index(name) for name in pictures.classes], np.int64)
    return replace(pictures, labels=number[pictures.labels], classes=names)


def without_strangers(pictures: Pictures, classes: Sequence[str]) -> tuple[Pictures, dict[str, int]]:
    """Take out the pictures of classes that a run does not know.

    Args:
        pictures: From `read_for_run`.
        classes: The run's.

    Returns:
        The pictures of its classes, and the number of those left out by class name.

    Raises:
        PicturesError: None is left.

    Example:
        >>> from glassnet.pictures import load
        >>> splits = load("fashion-mini")
        >>> kept, left_out = without_strangers(splits["test"], splits["test"].classes[:9])
        >>> len(kept), left_out
        (900, {'Ankle boot': 100})
    """
    counts = np.bincount(pictures.labels, minlength=len(pictures.classes)).tolist()
    left_out = {
        name: count
        for name, count in zip(pictures.classes[len(classes) :], counts[len(classes) :], strict=True)
        if count
    }
    if not left_out:
        return replace(pictures, classes=tuple(classes)), {}
    kept = pictures.take(np.flatnonzero(pictures.labels < len(classes)), split=pictures.split)
    if not len(kept):
        raise PicturesError(
            f"no picture of the {pictures.split} split is of a class of the run", where=pictures.source,
            got=", ".join(left_out), expected=f"classes among {', '.join(classes)}",
        )  # fmt: skip
    kept = replace(kept, classes=tuple(classes), rejected=pictures.rejected, notes=pictures.notes)
    return kept, left_out


def arrange(splits: Mapping[str, Pictures], *, val: float, seed: int) -> Splits:
    """Set pictures aside for validation where the source does not; the test split is never touched.

    Args:
        splits: With `train`.
        val: Share of the training pictures where the source has no validation split; 0 for no validation.
        seed: Of the choice.

    Returns:
        The splits, with what a person should know about them.

    Raises:
        UsageError: There is nothing to train on.
    """
    if "train" not in splits:
        raise UsageError(
            "the source has no training pictures", got=", ".join(splits), expected="a split named train",
            hint="glassnet evaluate RUN SOURCE judges a run on it",
        )  # fmt: skip
    train, test = splits["train"], splits.get("test")
    own_val = "val" in splits
    notes = [note for pictures in splits.values() for note in pictures.notes]
    held = None
    if own_val:
        held = splits["val"]
    elif val == 0:
        notes.append("no validation (val is 0): the last weights are kept")
    else:
        train, held = split_off(train, val, seed=seed)
        notes.append(
            "no validation split in the source: "
            f"{len(held):,} of the training pictures are set aside for it (seed {seed})"
        )
    if test is None and held is None:
        notes.append("no test split in the source either: the result will not be measured")
    elif test is None:
        notes.append(
            "no test split in the source: the result will be the validation's, which chose the weights"
        )
    return Splits(train, held, test, own_val and held is not None, tuple(dict.fromkeys(notes)))
