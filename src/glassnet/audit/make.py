"""Splits -> `Audit`, step by step."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from glassnet.audit.audit import Audit, Copy, Gallery, Labels
from glassnet.audit.copies import exact_copies, near_copies
from glassnet.audit.facts import differences_of, examples_of, facts_of
from glassnet.audit.labels import judge_labels
from glassnet.audit.saved import fingerprint_of, read_audit, save_audit
from glassnet.audit.together import ORDER, put_together
from glassnet.errors import GlassnetError, PicturesError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from glassnet.pictures.pictures import Pictures

SHOWN = 30  # copies, and doubtful labels, whose pictures are kept for figures
MOST_PICTURES = 1_000_000  # above, near copies are not looked for
SMALL = 10_000  # pictures that are audited without being asked for: some seconds


@dataclass(frozen=True)
class Begun:
    """A step begins: `numbers`, `exact`, `near`, `labels`."""

    step: str


def make_audit(splits: Mapping[str, Pictures]) -> Generator[Begun, None, Audit]:
    """Look through all pictures and labels of a source.

    Args:
        splits: By name; at least one.

    Yields:
        `Begun` for each step.

    Returns:
        The audit; `save_audit` keeps it in the cache.

    Raises:
        PicturesError: There is no picture at all, or only one.
    """
    if sum(map(len, splits.values())) < 2:  # noqa: PLR2004 — there is nothing to compare one picture with
        first = next(iter(splits.values()))
        raise PicturesError(
            "there is nothing to audit",
            where=first.source,
            got=f"{sum(map(len, splits.values()))} picture",
            expected="at least two",
            hint="for single pictures: glassnet predict RUN PICTURE",
        )
    began = time.perf_counter()
    seconds: dict[str, float] = {}

    def lap(step: str) -> None:
        nonlocal began
        now = time.perf_counter()
        seconds[step], began = now - began, now

    yield Begun("numbers")
    ordered = [splits[name] for name in ORDER if name in splits]
    first = ordered[0]
    facts = tuple(facts_of(pictures) for pictures in ordered)
    examples = examples_of(ordered, len(first.classes))
    lap("numbers")
    yield Begun("exact")
    together = put_together(splits)
    copies: tuple[Copy, ...] = exact_copies(together)
    lap("exact")
    if len(together.labels) <= MOST_PICTURES:
        yield Begun("near")
        copies += near_copies(together)
        lap("near")
    yield Begun("labels")
    labels = judge_labels(together)
    lap("labels")
    return Audit(
        first.source, fingerprint_of(splits), first.classes, first.policy.width, first.policy.height,
        first.policy.channels, facts, copies, labels, differences_of(facts, first.classes), examples,
        _gallery(splits, examples, copies, labels), seconds,
    )  # fmt: skip


def audit_if_cheap(splits: Mapping[str, Pictures]) -> Audit | None:
    """Give the audit of a source where it was made before, or takes only some seconds.

    Args:
        splits: Of the source as it was read, before a part was set aside for validation.

    Returns:
        The audit; None where the source is large and was never audited, so that `glassnet data SOURCE` has to
        do it, and where it cannot be audited: one picture alone, or splits of several sizes.
    """
    found = read_audit(splits)
    many = not 2 <= sum(map(len, splits.values())) <= SMALL  # noqa: PLR2004 — a pair
    if found is not None or many or len({pictures.policy for pictures in splits.values()}) > 1:
        return found
    steps = make_audit(splits)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            with suppress(GlassnetError):  # nobody asked for it, so a full disk is no trouble
                save_audit(end.value)
            return end.value


def shown_copies(audit: Audit) -> tuple[Copy, ...]:
    """Choose the copies that figures show: those with two labels first, then those across splits.

    Args:
        audit: It.

    Returns:
        At most 30.
    """
    return _shown(audit.copies)


def _shown(copies: tuple[Copy, ...]) -> tuple[Copy, ...]:
    return tuple(sorted(copies, key=lambda copy: (not copy.two_labels, not copy.across))[:SHOWN])


def _gallery(splits: Mapping[str, Pictures], examples: tuple, copies: tuple, labels: Labels) -> Gallery:
    places = [place for row in examples for place in row]
    places += [place for copy in _shown(copies) for place in (copy.of, copy.picture)]
    places += [doubt.picture for doubt in labels.doubts[:SHOWN]]
    where = tuple(dict.fromkeys((place.split, place.index) for place in places))
    return Gallery(where, np.concatenate([splits[split].batch([index]) for split, index in where]))
