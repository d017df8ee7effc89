"""Random numbers: not seeded, or seeded again and again."""

from __future__ import annotations

import ast
import itertools
from typing import TYPE_CHECKING

from glassnet.checks.code import codes, names, place
from glassnet.checks.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Event, Loader, Seen
    from glassnet.trace.trace import Source


def seed_misused(seen: Seen) -> Iterator[Finding]:
    """Find seeds set inside a training loop, and trainings without one.

    Args:
        seen: Everything that was seen.

    Yields:
        A warning where every epoch sees the same random numbers, a note where no seed is set.
    """
    if seen.by == "check" or seen.num_steps < 2:  # noqa: PLR2004
        return
    seeds = [event for event in seen.events if event.kind == "seed"]
    again = _again(seen, seeds)
    if again:
        yield again
        return
    same = _same_order(seen)
    if same:
        yield same
        return
    if not any(event.facts.get("of") == "torch" for event in seeds):
        yield Finding("seed-misused", "note", evidence={"steps": seen.num_steps}, form="none")


def _again(seen: Seen, seeds: list[Event]) -> Finding | None:
    """Find one line that sets the same seed between steps of the same training."""
    for first in sorted(seeds, key=lambda event: event.facts.get("of") != "torch"):
        if first.source is None or not _asked_for(first):
            continue
        same = [
            e
            for e in seeds
            if e.source == first.source
            and e.facts.get("of") == first.facts.get("of")
            and e.facts.get("value") == first.facts.get("value")
        ]
        inside = [e for e in same if _in_training(seen, e)]
        if len(inside) < 2 or len({e.step for e in inside}) < 2:  # noqa: PLR2004
            continue
        repeated = _repeats(seen)
        steps = [later.step - earlier.step for earlier, later in itertools.pairwise(inside)]
        batch = sorted(steps)[len(steps) // 2] <= 1
        evidence: dict[str, object] = {
            "value": first.facts.get("value"), "of": first.facts.get("of"), "times": len(same),
            "epochs": repeated, "steps": sorted(steps)[len(steps) // 2],
        }  # fmt: skip
        if first.facts.get("of") == "torch":
            return Finding(
                "seed-misused",
                "warning",
                _in_loop(seen, first),
                evidence=evidence,
                form="batch" if batch else "epoch",
            )
        return Finding(
            "seed-misused",
            "warning" if repeated > 1 else "note",
            _in_loop(seen, first),
            evidence=evidence,
            form="other",
        )
    return None


def _asked_for(seed: Event) -> bool:
    """Tell whether a line itself says that it sets a seed, and no library does it for its own ends."""
    at = place(seed.source)
    return at is None or (not at[0].opens(at[1]) and any("seed" in name.lower() for name in names(at[1])))


def _in_loop(seen: Seen, seed: Event) -> Source | None:
    """Give the line in a loop from which a function that sets seeds is called, else the seed's own."""
    at = place(seed.source)
    if at is None or seed.source is None or at[0].loops(at[1]):
        return seed.source
    function = at[0].function(at[1])
    if any(isinstance(part, (ast.For, ast.While)) for part in ast.walk(function)):
        return seed.source  # it does more than set seeds
    calls = [(code, call) for code in codes(seen) for call in code.calls(seed.source.function)]
    best = max(
        calls,
        key=lambda one: (bool(one[0].loops(one[1])), one[0].function(one[1]) is not one[0].tree),
        default=None,
    )
    return best[0].source(best[1]) if best else seed.source


def _in_training(seen: Seen, seed: Event) -> bool:
    """Tell whether the same optimizer steps before and after a seed was set."""
    at = next(n for n, event in enumerate(seen.events) if event is seed)
    before = {e.who for e in seen.events[:at] if e.kind == "step"}
    after: set[int] = set()
    made: set[int] = set()
    for event in seen.events[at:]:
        if event.kind == "optimizer":
            made.add(event.who)
        if event.kind == "step":
            after.add(event.who)
    return bool(before & after - made)


def _repeats(seen: Seen) -> int:
    """Give the most epochs of a loader that began with the same batch."""
    return max(
        (
            max(map(one.first_samples.count, one.first_samples))
            for one in seen.loaders
            if one.shuffled and one.first_samples
        ),
        default=0,
    )


def _same_order(seen: Seen) -> Finding | None:
    """Find shuffled loaders that begin every epoch with the same batch although they ought not to."""
    for loader in seen.loaders:
        if loader.shuffled and loader.num_steps and len(loader.first_samples) > 2 and _many(loader):  # noqa: PLR2004
            most = max(map(loader.first_samples.count, loader.first_samples))
            if most == len(loader.first_samples):
                evidence: dict[str, object] = {"epochs": most}
                return Finding(
                    "seed-misused",
                    "warning",
                    loader.iterated or loader.source,
                    evidence=evidence,
                    form="order",
                )
    again: dict[object, list[Loader]] = {}
    for loader in seen.loaders:
        if loader.shuffled and loader.num_steps and loader.first_samples and _many(loader) and loader.source:
            again.setdefault(loader.source, []).append(loader)
    for source, loaders in again.items():
        firsts = [loader.first_samples[0] for loader in loaders]
        if len(firsts) > 2 and len(set(firsts)) == 1 and _one_training(seen, loaders):  # noqa: PLR2004
            return Finding("seed-misused", "warning", source, evidence={"epochs": len(firsts)}, form="order")  # type: ignore[arg-type]
    return None


def _many(loader: Loader) -> bool:
    """Tell whether a loader has several batches, and they differ: else the first one is always the same."""
    early = [batch.images for batch in loader.batches if batch.epoch == 0 and batch.images is not None]
    alike = len(early) > 1 and early[0].shape == early[1].shape and bool((early[0] == early[1]).all())
    return not alike and _has_several(loader)


def _has_several(loader: Loader) -> bool:
    """Tell whether a loader has so many batches that the same first one is no chance."""
    try:
        return len(loader.loader) > 1 and len(loader.loader.dataset) > 8  # type: ignore[arg-type] # noqa: PLR2004
    except (TypeError, NotImplementedError, AttributeError):
        return False


def _one_training(seen: Seen, loaders: list[Loader]) -> bool:
    """Tell whether one optimizer was stepped in the epochs of all these loaders."""
    numbers = {loader.number for loader in loaders}
    whose: dict[int, set[int]] = {}
    now = -1
    for event in seen.events:
        if event.kind == "epoch":
            now = event.who
        elif event.kind == "step" and now in numbers:
            whose.setdefault(now, set()).add(event.who)
    common = set.intersection(*whose.values()) if whose else set()
    return len(whose) > 1 and bool(common)
