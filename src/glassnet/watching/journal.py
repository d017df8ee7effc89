"""The journal of a training: events in their order, thinned out so that a long one fits into memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from glassnet.checks.seen import Event, Loss

if TYPE_CHECKING:
    from glassnet.checks.seen import EventKind
    from glassnet.trace.trace import Source

NUM_WHOLE_STEPS = 200  # all events of these are kept
USUAL = {"network", "backward", "step", "zero_grad", "clip", "scale"}  # later these only in looks
MOST_EVENTS = 20_000
MOST_LOSSES = 8_192


class Journal:
    """Keeps events and losses."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.losses: list[Loss] = []
        self.num_steps = 0
        self.look: int | None = None  # the look that is open
        self._stride = 1
        self._num_losses = 0

    @property
    def only_looks(self) -> bool:
        """Whether the usual events of a step are kept in looks alone from now on."""
        return self.num_steps >= NUM_WHOLE_STEPS

    def wants(self, kind: EventKind, *, rare: bool = False) -> bool:
        """Tell whether an event would be kept.

        Args:
            kind: Of the event.
            rare: Whether it is of a sort that is always kept.

        Returns:
            Whether it would.
        """
        if len(self.events) >= MOST_EVENTS:
            return False
        return rare or kind not in USUAL or not self.only_looks or self.look is not None

    def add(
        self, kind: EventKind, source: Source | None, who: int = -1, facts: dict[str, Any] | None = None
    ) -> None:
        """Note an event; the same one again is counted.

        Args:
            kind: Of the event.
            source: The person's line.
            who: See `Event`.
            facts: See `Event`.
        """
        facts = facts or {}
        last = self.events[-1] if self.events else None
        if (
            last is not None
            and last.kind == kind
            and kind in ("network", "schedule")
            and (last.step, last.source, last.who, last.look) == (self.num_steps, source, who, self.look)
            and _like(last.facts, facts)
        ):
            self.events[-1] = replace(last, count=last.count + 1, facts=facts)
            return
        self.events.append(Event(kind, self.num_steps, source, who, facts, self.look))

    def add_loss(self, value: float) -> None:
        """Note a loss; when there are too many every second one is dropped.

        Args:
            value: The loss.
        """
        self._num_losses += 1
        if (self._num_losses - 1) % self._stride:
            return
        self.losses.append(Loss(self.num_steps, value))
        if len(self.losses) >= MOST_LOSSES:
            self.losses = self.losses[::2]
            self._stride *= 2


def _like(one: dict[str, Any], other: dict[str, Any]) -> bool:
    same = ("training", "grad")
    return all(one.get(name) == other.get(name) for name in same)
