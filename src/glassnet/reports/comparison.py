"""The noun `Comparison`: several runs side by side, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glassnet.evaluation.compare import Paired, Spread
    from glassnet.evaluation.predictions import Predictions
    from glassnet.evaluation.scores import Scores
    from glassnet.evaluation.separability import Separability
    from glassnet.pictures.pictures import Pictures


@dataclass(frozen=True, eq=False)
class Entry:
    """One run of a comparison.

    Attributes:
        name: Of its folder, with as much of its path as tells it apart from the others.
        path: Of its folder.
        info: From `run.json`.
        metrics: From `metrics.jsonl`; empty where that is missing.
        split: Which one was judged; None: there are no predictions.
        predictions: Of that split.
        scores: Made of them.
        weights_bytes: Of the best weights; None where they are missing.
    """

    name: str
    path: str
    info: dict[str, Any]
    metrics: list[dict[str, Any]]
    split: str | None
    predictions: Predictions | None
    scores: Scores | None
    weights_bytes: int | None


@dataclass(frozen=True)
class Difference:
    """A choice, network or source in which runs differ.

    Attributes:
        name: Of the choice.
        values: One for each run.
        chosen: Whether glassnet chose the value, for each run.
        asked: It is a choice of the recipe, and a person made it in all runs.
    """

    name: str
    values: tuple[str, ...]
    chosen: tuple[bool, ...]
    asked: bool


@dataclass(frozen=True)
class Group:
    """Runs of one recipe, network and source that differ in nothing but the seed."""

    runs: tuple[int, ...]
    accuracy: Spread


@dataclass(frozen=True)
class GroupPair:
    """The group with the highest mean and another one.

    Attributes:
        best: Number of a group.
        other: Number of a group.
        adjusted: The p-value of Welch's test, made larger for the number of groups (Holm).
    """

    best: int
    other: int
    adjusted: float


@dataclass(frozen=True, eq=False)
class Pair:
    """Two runs: how they did on the same pictures, or why that cannot be told.

    `adjusted` is the p-value made larger for the number of pairs (Holm).
    """

    first: int
    second: int
    paired: Paired | None
    adjusted: float | None
    reason: str | None  # other_pictures, not_judged


@dataclass(frozen=True, eq=False)
class Source:
    """A source of pictures of the runs, and how hard it is without a network, where that could be told."""

    name: str
    runs: tuple[int, ...]
    classes: tuple[str, ...]
    separability: Separability | None
    reason: str | None


@dataclass(frozen=True, eq=False)
class Comparison:
    """Several runs side by side.

    Attributes:
        entries: The runs, in the order in which they were named.
        differences: In what they differ.
        groups: Those that differ in the seed alone.
        group_pairs: The best group with each other one, where they were judged on the same pictures.
        pairs: Each with each; of many runs each with the best.
        sources: One for each source, where there is more than one.
        pictures: Of the judged split by its fingerprint, where they could be read.
    """

    entries: tuple[Entry, ...]
    differences: tuple[Difference, ...]
    groups: tuple[Group, ...]
    group_pairs: tuple[GroupPair, ...]
    pairs: tuple[Pair, ...]
    sources: tuple[Source, ...]
    pictures: dict[str, Pictures]

    def fingerprint(self, run: int) -> str | None:
        """Identify the pictures that a run was judged on.

        Args:
            run: Its number.

        Returns:
            Their fingerprint; None where it was not judged.
        """
        entry = self.entries[run]
        return fingerprint_of(entry.info, entry.split)


def fingerprint_of(info: dict[str, Any], split: str | None) -> str | None:
    """Identify the pictures of a run's split.

    Args:
        info: From `run.json`.
        split: Its name, or None.

    Returns:
        The fingerprint that was written down.
    """
    found = info["source"]["splits"].get(split) or {}
    return found.get("fingerprint")
