"""When a look begins and ends: the first steps, later ones more and more rarely, some of each evaluation."""

from __future__ import annotations

import math
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from glassnet.watching.looks import OpenLook, copies_of, measured_gradients, updates_since

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch
    from torch import nn

    from glassnet.checks.seen import Look, Network
    from glassnet.watching.journal import Journal

NUM_FIRST = 5  # steps that are recorded whole, for each optimizer
OWN_FIRST = 3  # of a training of our own, whose trial was recorded before it
GROWTH = 1.5  # later looks are at steps growing by this factor
FREE = 20  # steps before costs are counted
FREE_SECONDS = 0.3  # that looks may cost after them, so that short trainings are seen alike every time
OWN_FREE_SECONDS = 0.1
SHARE = 0.02  # of the time after them, that looks may cost beside
NUM_EVALUATIONS, NUM_PASSES = 6, 3  # evaluations that are looked at, and passes of each


class Looking:
    """Opens and closes looks.

    Args:
        journal: Is told which look is open.
        networks: Those that were met so far; a list that grows.
        ours: Whether the training is one of our own.
    """

    def __init__(self, journal: Journal, networks: list[Network], *, ours: bool) -> None:
        self.open: OpenLook | None = None
        self.looks: list[Look] = []
        self.num_backward = 0
        self.num_optimizers = 1
        self._journal, self._networks = journal, networks
        self._leaving: list[OpenLook] = []  # they ended while they ran something
        self._copies: dict[str, tuple[nn.Parameter, torch.Tensor]] = {}
        self._num_first, self._free = (OWN_FIRST, OWN_FREE_SECONDS) if ours else (NUM_FIRST, FREE_SECONDS)
        self._next = self._num_first
        self._broken = False  # whether a loss was not finite
        self._blind = False
        self._num_evaluations = 0
        self._evaluation_looked = False
        self._cost, self._last_cost, self._since = 0.0, 0.0, 0.0  # seconds

    def new_evaluation(self) -> None:
        """Note that what follows may be another evaluation."""
        self._evaluation_looked = False

    def before_pass(self, *, grad: bool) -> None:
        """Begin or end a look where it is time: a network is called.

        Args:
            grad: Whether autograd is on.
        """
        if self._leaving:
            self._leaving = [look for look in self._leaving if not look.leave()]
        look = self.open
        if look is not None:
            many = not grad and look.num_passes >= NUM_PASSES
            other = look.num_passes > 0 and look.grad != grad
            stepless = grad and look.num_backward > 0 and not self._journal.num_steps
            if many or other or stepless:
                self.end()
        if grad:
            self._evaluation_looked = False
        if self.open is None and self.wanted(grad=grad):
            self.begin()

    def wanted(self, *, grad: bool) -> bool:
        """Tell whether it is time for a look.

        Args:
            grad: Whether it is at training.

        Returns:
            Whether it is.
        """
        if self._blind:
            return False
        if not grad:
            return not self._evaluation_looked and self._num_evaluations < NUM_EVALUATIONS
        done = self._journal.num_steps or self.num_backward
        if done < self._num_first * self.num_optimizers:
            return True
        if done < self._next:
            return False
        affordable = self._free + SHARE * (time.perf_counter() - self._since)
        return done < FREE or self._cost + self._last_cost <= affordable

    def begin(self) -> None:
        """Begin a look."""
        self.open = OpenLook(len(self.looks), self._journal.num_steps, self._networks)
        self._journal.look = self.open.number

    def end(self, *, trained: bool = False) -> None:
        """End the look that is open, where one is.

        Args:
            trained: Whether an optimizer has stepped.
        """
        look = self.open
        if look is None:
            return
        gradients = measured_gradients(self._networks) if look.num_backward else {}
        updates = updates_since(self._copies) if trained else {}
        if not look.leave():
            self._leaving.append(look)
        self.open, self._copies, self._journal.look = None, {}, None
        if look.num_passes or look.losses:
            self.looks.append(look.as_look(self._networks, gradients, updates, trained=trained))
            if look.grad is False:
                self._evaluation_looked = True
                self._num_evaluations += 1
        elif self.looks and updates:  # a second optimizer after the same backward
            self.looks[-1].updates.update(updates)
        if look.grad is not False:
            self._last_cost = time.perf_counter() - look.began
            self._cost += self._last_cost if self._journal.num_steps >= FREE else 0.0
            self._next = int(max(look.step, self._num_first) * GROWTH) + 1

    def close(self) -> None:
        """End for good: the watch is over."""
        self.end()
        self.drop()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Leave for a block, and come back to the look that is open."""
        look = self.open
        if look is None:
            yield
        else:
            with look.aside():
                yield

    def go_blind(self) -> None:
        """Take no looks from now on: a part of what runs cannot be seen."""
        self._blind = True
        self.drop()

    def drop(self) -> None:
        """Stop recording, and forget the look that is open: this process is not the one that is watched."""
        for look in (*self._leaving, *filter(None, [self.open])):
            look.leave()
        self.open, self._leaving, self._journal.look = None, [], None

    def add_loss(self, loss: torch.Tensor, number: float | None) -> int | None:
        """Note what backward is called on; after the first loss that is not finite comes a look.

        Args:
            loss: The tensor.
            number: Its number, where it is one.

        Returns:
            The number of its value in the open look.
        """
        self.num_backward += 1
        if number is not None and not math.isfinite(number) and not self._broken:
            self._broken, self._next, self._last_cost = True, 0, -math.inf
        return self.open.add_loss(loss) if self.open else None

    def before_step(self, optimizer: torch.optim.Optimizer, *, closure: bool) -> None:
        """Copy what an optimizer is going to change; leave out what it computes.

        Args:
            optimizer: It is going to step.
            closure: Whether the forward pass runs inside the step.
        """
        if self.open is not None:
            self._copies = copies_of(self._networks, optimizer, all_of_them=closure)
            self.open.pause(paused=not closure)

    def after_step(self, *, inside: bool) -> None:
        """Note that a step was taken.

        Args:
            inside: Whether it was taken inside a network's forward.
        """
        if self._journal.num_steps == FREE:
            self._since = time.perf_counter()
        if not inside and self.wanted(grad=True):
            self.begin()

    def pause(self, *, paused: bool) -> None:
        """Leave out what runs now: a loader's work, an optimizer's, a backward pass.

        Args:
            paused: Whether it begins or ends.
        """
        if self.open:
            self.open.pause(paused=paused)
