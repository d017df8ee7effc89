"""The noun `Audit`: what a source of pictures holds, and what is wrong with it, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np

    from glassnet.pictures.pictures import Rejected, Size


@dataclass(frozen=True)
class Place:
    """One picture: its split, its position there, its path and its label's number."""

    split: str
    index: int
    path: str
    label: int


@dataclass(frozen=True)
class SplitFacts:
    """One split in numbers.

    Attributes:
        name: `train`, `val` or `test`.
        images: Its pictures, those set aside not counted.
        per_class: How many of each class, in the order of the labels.
        mean: Of the pixels of each channel, black 0, white 1.
        deviation: The same, of the population.
        sizes: The files as they were, before they were brought to one size: most frequent first; empty where
            the source holds arrays.
        rejected: Files that could not be read, and why.
        blank: Pictures whose pixels are all the same.
    """

    name: str
    images: int
    per_class: tuple[int, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    sizes: tuple[Size, ...]
    rejected: tuple[Rejected, ...]
    blank: tuple[Place, ...]


@dataclass(frozen=True)
class Copy:
    """A picture that lies there twice: `picture`, and `of`, the earlier one that it repeats.

    Splits come in the order train, val, test, so `of` is the training picture where one of both is. `kind`
    is `exact` (every pixel), or `near`: `difference` is the root mean square of the pixels' differences, in
    levels of 0 to 255, and `likeness` the correlation of both pictures' pixels, -1 to 1.
    """

    kind: Literal["exact", "near"]
    of: Place
    picture: Place
    difference: float
    likeness: float

    @property
    def across(self) -> bool:
        """Whether the two lie in different splits."""
        return self.of.split != self.picture.split

    @property
    def two_labels(self) -> bool:
        """Whether the two carry different labels."""
        return self.of.label != self.picture.label


@dataclass(frozen=True)
class Doubt:
    """A label that pictures seen by a model which did not learn from this one contradict.

    `suggested` is the class that the model names, `given` and `other` are the probabilities of the label and
    of the suggestion; `quality` is the normalised margin of the label before the best other class, 0 to 1,
    lowest for the most doubtful.
    """

    picture: Place
    suggested: int
    given: float
    other: float
    quality: float


@dataclass(frozen=True)
class Labels:
    """How labels were judged.

    Attributes:
        doubts: Most doubtful first.
        method: What predicted them, in a few English words; empty where nothing was computed.
        accuracy: Its share of right answers on pictures that it did not learn from.
        images: How many pictures it judged.
        skipped: Why labels were not judged (`one_class`, `too_few`, `too_hard`: the model is hardly
            better than naming the largest class), else None.
    """

    doubts: tuple[Doubt, ...] = ()
    method: str = ""
    accuracy: float | None = None
    images: int = 0
    skipped: str | None = None


@dataclass(frozen=True)
class Difference:
    """Something in which two splits differ more than chance does.

    `kind` is `missing_class`, `class_share`, `mean`, `deviation` or `size`, `what` a class, channel or size,
    `a` and `b` the value in each: shares and pixels in 0 to 1, sizes as shares of the split.
    """

    kind: Literal["missing_class", "class_share", "mean", "deviation", "size"]
    splits: tuple[str, str]
    what: str
    a: float
    b: float


@dataclass(frozen=True, eq=False)
class Gallery:
    """The pictures that figures show, so that no one has to read the source again.

    `places` are splits and positions, `images` the pictures there: uint8, N×H×W×C.
    """

    places: tuple[tuple[str, int], ...]
    images: np.ndarray

    def image(self, split: str, index: int) -> np.ndarray | None:
        """Give one picture.

        Args:
            split: Its split.
            index: Its position there.

        Returns:
            uint8, H×W×C; None where it is not among those kept.
        """
        where = (split, index)
        return self.images[self.places.index(where)] if where in self.places else None


@dataclass(frozen=True, eq=False)
class Audit:
    """What a source of pictures holds, and what is wrong with it.

    Attributes:
        source: Its name as it was given.
        fingerprint: Of all pictures, labels and class names, 32 hex digits.
        classes: Their names.
        width: Of the pictures as a network gets them.
        height: The same.
        channels: 1 grey, 3 colours.
        splits: One for each split.
        copies: Pictures that lie there twice, exact ones first, then the most alike.
        labels: Doubtful labels, and how they were found.
        differences: Between splits, only where they matter.
        examples: Of each class, in the order of the labels: pictures that show it, from the first split that
            has it.
        gallery: The pictures of `examples`, `copies` and `labels` that figures show.
        seconds: Where the time went, by step, in order.
    """

    source: str
    fingerprint: str
    classes: tuple[str, ...]
    width: int
    height: int
    channels: int
    splits: tuple[SplitFacts, ...]
    copies: tuple[Copy, ...]
    labels: Labels
    differences: tuple[Difference, ...]
    examples: tuple[tuple[Place, ...], ...]
    gallery: Gallery
    seconds: dict[str, float] = field(default_factory=dict)

    def copies_of(
        self, *, kind: str | None = None, splits: tuple[str, str] | None = None
    ) -> tuple[Copy, ...]:
        """Choose copies.

        Args:
            kind: `exact` or `near`; None for both.
            splits: That of the earlier picture, and that of its copy; None for all.

        Returns:
            Those copies, in the same order.
        """
        return tuple(
            copy
            for copy in self.copies
            if kind in (None, copy.kind) and splits in (None, (copy.of.split, copy.picture.split))
        )
