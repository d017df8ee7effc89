"""A source of pictures, by name or as objects, to splits and what a network sees of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from glassnet.errors import UsageError
from glassnet.pictures.duplicates import pictures_with_two_labels, shared_pictures
from glassnet.pictures.pictures import Pictures
from glassnet.pictures.sources import open_source
from glassnet.pictures.splits import split_off
from glassnet.terminal import show_reading

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


def read_source(
    source: Source,
    terminal: Terminal,
    *,
    data_dir: Path | None,
    policy: Policy | None = None,
    classes: Sequence[str] | None = None,
) -> dict[str, Pictures]:
    """Read a source.

    Args:
        source: A SOURCE of the command line, or pictures.
        terminal: Where progress is drawn.
        data_dir: Where data sets are looked for first.
        policy: Of an earlier run, whose network sees pictures this way; None: chosen from the pictures.
        classes: Of an earlier run, in the order of its labels; None: those of the source.

    Returns:
        Splits by name.

    Raises:
        PicturesError: It cannot be used.
    """
    if isinstance(source, Pictures):
        return {source.split: source}
    if isinstance(source, dict):
        return source
    return show_reading(open_source(source, data_dir=data_dir, policy=policy, classes=classes), terminal)


def arrange(splits: Mapping[str, Pictures], *, val: float, seed: int) -> Splits:
    """Set pictures aside for validation where the source does not; the test split is never touched.

    Args:
        splits: With `train`.
        val: Share of the training pictures; 0 for no validation at all.
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
    if val == 0:
        notes.append("no validation (val is 0): the last weights are kept")
    elif own_val:
        held = splits["val"]
    else:
        train, held = split_off(train, val, seed=seed)
        notes.append(
            "no validation split in the source: "
            f"{len(held):,} of the training pictures are set aside for it (seed {seed})"
        )
    if test is None:
        notes.append(
            "no test split in the source: the result will be the validation's, which chose the weights"
        )
    named = {"training": train, "validation": held, "test": test}
    present = [(name, pictures) for name, pictures in named.items() if pictures is not None]
    for index, (name, pictures) in enumerate(present):
        for other_name, other in present[index + 1 :]:
            shared = shared_pictures(pictures, other)
            if len(shared):
                notes.append(f"{len(shared):,} pictures are in both {name} and {other_name}, pixel for pixel")
    two_labels = sum(len(pictures_with_two_labels(pictures)) for _, pictures in present)
    if two_labels:
        notes.append(f"{two_labels:,} pictures occur with two labels within their split")
    return Splits(train, held, test, own_val and held is not None, tuple(dict.fromkeys(notes)))
