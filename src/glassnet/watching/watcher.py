"""The watcher: what PyTorch's functions report becomes networks, looks, events and batches."""

from __future__ import annotations

import functools
import threading
import weakref
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, TypeVar

import torch

from glassnet.checks.seen import Optimizer, Scheduler, Seen
from glassnet.trace.nested import tensors_in
from glassnet.trace.source_line import own_line
from glassnet.trace.trace import Unseen
from glassnet.watching.compilers import is_compiled
from glassnet.watching.crash import crash_of
from glassnet.watching.gradients import Gradients
from glassnet.watching.journal import Journal
from glassnet.watching.loaders import Loaders
from glassnet.watching.looking import Looking
from glassnet.watching.networks import Networks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from torch import nn

    from glassnet.checks.seen import EventKind, Network

P = ParamSpec("P")
R = TypeVar("R")
NUM_LOSSES_HELD = 50  # weakly
ELSEWHERE = "another thread trains: what runs there cannot be seen"
ANEW = "networks or optimizers are made anew again and again: only the first of them were watched"
MOST_ANEW = 8  # optimizers of the same parameters
MOST_SCHEDULERS = 64
COMPILED = "torch.compile: what runs inside cannot be seen"


class StopWatchingError(BaseException):
    """The number of steps that was asked for has been taken; not an `Exception`, so no script catches it."""


def unrecorded(
    method: Callable[Concatenate[Watcher, P], R],
) -> Callable[Concatenate[Watcher, P], R | None]:
    """Keep what a method itself computes out of the recording; an error of its own never ends the script.

    Args:
        method: Of the watcher.

    Returns:
        The same, run beside the recorder; after an error the watch is over, and None is returned.
    """

    @functools.wraps(method)
    def runs(self: Watcher, *args: P.args, **kwargs: P.kwargs) -> R | None:
        with torch._C.DisableTorchFunction():  # noqa: SLF001 — PyTorch's own way to step aside
            try:
                return method(self, *args, **kwargs)
            except Exception as error:  # noqa: BLE001
                self.give_up(error)
                return None

    return runs


class Watcher:
    """Notes what happens; the functions of `taps` call it.

    Args:
        by: Who asks: `watch` or `check`.
        script: The script that runs, where there is one.
        stop_after: Optimizer steps after which `StopWatchingError` is raised.
    """

    def __init__(
        self,
        *,
        by: Literal["watch", "check"] = "watch",
        script: Path | None = None,
        stop_after: int | None = None,
    ) -> None:
        self.on = True
        self.asleep = False  # between two looks at a training of our own: steps and losses are noted, no more
        self.inside = False  # whether a network is running
        self.setting_mode = False  # whether train() or eval() is running
        self.loading = False  # whether a loader is at work: what it calls is not the script's doing
        self.networks = Networks()
        self.looking = Looking(journal := Journal(), self.networks.met, ours=by == "check")
        self._journal = journal
        self._seen = Seen(by, script)
        self._thread = threading.get_ident()
        self._stop_after = stop_after
        self._modules: list[
            tuple[int, weakref.ref[nn.Module]]
        ] = []  # of events; their network may not be known yet
        self._optimizers: dict[int, tuple[Optimizer, Gradients]] = {}
        self._schedulers: dict[int, Scheduler] = {}
        self.loaders = Loaders(self._seen.loaders)
        self._sums: tuple[float, ...] = ()
        self._losses: list[weakref.ref] = []
        self._elsewhere: Unseen | None = None
        self._step: dict[str, Any] = {}  # facts of the step that is being taken

    def forget(self) -> None:
        """End in a process that was forked off: it is a loader's worker, or none of our business."""
        self.on, self._stop_after = False, None
        self.looking.drop()

    def here(self) -> bool:
        """Tell whether the thread that is watched runs."""
        return threading.get_ident() == self._thread

    def wants(self, kind: EventKind, *, rare: bool = False) -> bool:
        """Tell whether an event of this thread is kept.

        Args:
            kind: Of the event.
            rare: Whether it is of a sort that is always kept.

        Returns:
            Whether it is.
        """
        return self.on and self.here() and self._journal.wants(kind, rare=rare)

    # -- networks --------------------------------------------------------------------------------------------

    @unrecorded
    def network_of(self, module: nn.Module, args: tuple, kwargs: dict[str, Any]) -> Network | None:
        """Find the network that a module belongs to.

        Args:
            module: It is called from outside every network.
            args: What it gets.
            kwargs: What it gets by name.

        Returns:
            The network; None for a loss, an activation, a transform, and in other threads.
        """
        if not self.here():
            return None
        num_tensors = len(tensors_in((args, kwargs)))
        network, new = self.networks.find(
            module, num_tensors, num_steps=self._journal.num_steps, looked_at=self.looking.open is not None
        )
        if self.networks.full:
            self._end_early(ANEW)
            return None
        if network is not None and new and self.looking.open:
            self.looking.open.recorder.add_network(network.module, network.prefix)
        return network

    @unrecorded
    def made_module(self, module: nn.Module) -> None:
        """Note the line that makes a module.

        Args:
            module: It is being made.
        """
        self.networks.note_made(module)

    @unrecorded
    def before_call(self, network: Network, module: nn.Module, args: tuple, kwargs: dict[str, Any]) -> None:
        """Note that a network, or a part of it, is called.

        Args:
            network: The network.
            module: It, or the part.
            args: What it gets.
            kwargs: What it gets by name.
        """
        grad = torch.is_grad_enabled()
        self.asleep = False
        if is_compiled(module):
            self.looking.end()
            self.calls_compiled(network.prefix.removesuffix("."))
        else:
            self.looking.before_pass(grad=grad)
        if self.looking.open:
            self.looking.open.begin_pass((args, kwargs), grad=grad)
        if self.wants("network", rare=not grad):
            tensors = tensors_in((args, kwargs))
            facts = {
                "training": module.training,
                "grad": grad,
                "batch": tensors[0].shape[0] if tensors and tensors[0].dim() else None,
                "part": module is not network.module,
            }
            self._journal.add("network", own_line(), network.number, facts)

    def calls_compiled(self, module: str) -> None:
        """Note that something compiled is called.

        Args:
            module: Its path; "" for a function.
        """
        if not module:
            self.looking.go_blind()
        if self.on and not any(one.what == COMPILED and one.module == module for one in self._seen.unseen):
            self._seen.unseen.append(Unseen(COMPILED, module, own_line()))

    @contextmanager
    def away(self) -> Iterator[None]:
        """See nothing of a block."""
        on, self.on = self.on, False
        try:
            with self.looking.away():
                yield
        finally:
            self.on = on

    @unrecorded
    def after_call(self, args: tuple, kwargs: dict[str, Any], result: Any) -> None:
        """Note what a network gave.

        Args:
            args: What it got.
            kwargs: What it got by name.
            result: What it returned.
        """
        if self.looking.open:
            self.looking.open.end_pass((args, kwargs), result, grad=torch.is_grad_enabled())

    # -- losses and steps ------------------------------------------------------------------------------------

    @unrecorded
    def before_backward(self, tensors: Any, *, retain: bool) -> None:
        """Note what backward is called on.

        Args:
            tensors: A tensor, or several.
            retain: Whether the graph is kept.
        """
        loss = next(iter(tensors_in(tensors)), None)
        if loss is None or not self.here():
            return
        number = float(loss.detach()) if loss.numel() == 1 and not loss.is_complex() else None
        value = self.looking.add_loss(loss, number)
        if number is not None:
            self._journal.add_loss(number)
        if self.asleep:
            return
        close = self.wants("backward")
        for _, gradients in self._optimizers.values():
            gradients.num_backward += 1
            if close:
                gradients.before_backward()
        if close:
            sums, before = self.networks.sums(), self._sums
            self._sums = sums
            self._losses = [one for one in self._losses if one() is not None][-NUM_LOSSES_HELD:]
            alive = sum(one().grad_fn is not None for one in self._losses)  # pyright: ignore
            self._losses.append(weakref.ref(loss))
            facts = {
                "loss": number, "shape": tuple(loss.shape), "value": value, "changed": sums != before,
                "retain": retain, "alive": alive,
            }  # fmt: skip
            self._journal.add("backward", own_line(), -1, facts)
        self.looking.pause(paused=True)

    @unrecorded
    def made_optimizer(self, optimizer: torch.optim.Optimizer) -> None:
        """Note an optimizer.

        Args:
            optimizer: It has just been made.
        """
        self._optimizer(optimizer)

    def _optimizer(self, optimizer: torch.optim.Optimizer) -> tuple[Optimizer, Gradients] | None:
        """Give the record of an optimizer, which may have been made before the watch began."""
        known = self._optimizers.get(id(optimizer))
        if known is not None:
            return known
        first = next((p for group in optimizer.param_groups for p in group["params"]), None)
        if sum(gradients.first is first for _, gradients in self._optimizers.values()) >= MOST_ANEW:
            self._end_early(ANEW)
            return None
        groups = tuple(
            {name: setting for name, setting in group.items() if name != "params"}
            for group in optimizer.param_groups
        )
        number = len(self._optimizers)
        found = Optimizer(number, type(optimizer).__name__, optimizer, own_line(), groups)
        self._optimizers[id(optimizer)] = found, Gradients(optimizer)
        self.looking.num_optimizers = number + 1
        self._seen.optimizers.append(found)
        self._journal.add("optimizer", found.source, number)
        return self._optimizers[id(optimizer)]

    @unrecorded
    def before_step(self, optimizer: torch.optim.Optimizer, args: tuple, kwargs: dict[str, Any]) -> None:
        """Get ready for a step: an optimizer's pre-hook.

        Args:
            optimizer: It is going to step.
            args: Of its `step`, itself first.
            kwargs: Of its `step`.
        """
        if self.asleep:
            return
        if self.on and not self.here():
            self._elsewhere = Unseen(ELSEWHERE, "", own_line())
        if not self.on or not self.here():
            return
        known = self._optimizer(optimizer)
        if known is None:
            return
        found, gradients = known
        closure = (args[1] if len(args) > 1 else kwargs.get("closure")) is not None
        if self.wants("step"):
            carried, empty = (None, None) if closure else gradients.at_step()
            self._step = {
                "lr": _rates(optimizer), "num_backward": gradients.num_backward, "carried": carried,
                "empty": empty, "closure": closure,
            }  # fmt: skip
            self._journal.add("step", own_line(), found.number, self._step)
        self.looking.before_step(optimizer, closure=closure)

    @unrecorded
    def after_step(self, optimizer: torch.optim.Optimizer, args: tuple, kwargs: dict[str, Any]) -> None:
        """Note a step: an optimizer's post-hook.

        Args:
            optimizer: It has stepped.
            args: Of its `step`, itself first.
            kwargs: Of its `step`.
        """
        del args, kwargs
        if not self.here():
            return
        if self.on and not self.asleep:
            self._stepped(optimizer)
        self._journal.num_steps += 1
        if self._stop_after is not None and self._journal.num_steps >= self._stop_after:
            self._seen.ended = "stopped"
            raise StopWatchingError
        if self.on:
            ours = self._seen.by == "check"  # what is done to a batch before the network is known, and right
            self.looking.after_step(inside=self.inside or ours)
            self.asleep = ours and self._journal.only_looks and not self.looking.wanted(grad=True)

    def _stepped(self, optimizer: torch.optim.Optimizer) -> None:
        known = self._optimizers.get(id(optimizer))
        if known is not None:
            gradients = known[1]
            if self.wants("step"):
                if self._step.get("closure"):
                    self._step["num_backward"] = gradients.num_backward
                gradients.after_step()
            gradients.num_backward = 0
        self.looking.end(trained=True)
        self.loaders.stepped()

    @unrecorded
    def zeroed(self, optimizer: torch.optim.Optimizer | None) -> None:
        """Note that gradients are going to be cleared.

        Args:
            optimizer: It was told to; None where a module was.
        """
        if not self.wants("zero_grad"):
            return
        number, cleared = -1, None
        known = None if optimizer is None else self._optimizer(optimizer)
        if known is not None:
            number, cleared = known[0].number, known[1].any_nonzero()
        self._journal.add("zero_grad", own_line(), number, {"cleared": cleared})

    # -- schedules, loaders and everything else --------------------------------------------------------------

    @unrecorded
    def note(self, kind: EventKind, facts: dict[str, Any] | None = None) -> None:
        """Note an event.

        Args:
            kind: Of the event.
            facts: See `glassnet.checks.seen.Event`.
        """
        if self.wants(kind):
            self._journal.add(kind, own_line(), -1, facts)

    @unrecorded
    def about_module(self, kind: EventKind, module: nn.Module, facts: dict[str, Any]) -> None:
        """Note an event about a module; which network it is in is found out at the end.

        Args:
            kind: Of the event.
            module: Any.
            facts: See `glassnet.checks.seen.Event`.
        """
        if self.wants(kind):
            self._journal.add(kind, own_line(), -1, facts)
            self._modules.append((len(self._journal.events) - 1, weakref.ref(module)))

    @unrecorded
    def made_scheduler(self, scheduler: Any) -> None:
        """Note a schedule of learning rates.

        Args:
            scheduler: It has just been made.
        """
        self._scheduler(scheduler)

    def _scheduler(self, scheduler: Any) -> Scheduler | None:
        """Give the record of a schedule, which may have been made before the watch began."""
        known = self._schedulers.get(id(scheduler))
        if known is not None or len(self._schedulers) >= MOST_SCHEDULERS:
            return known
        number = len(self._schedulers)
        optimizer = getattr(scheduler, "optimizer", None)
        whose = self._optimizer(optimizer) if isinstance(optimizer, torch.optim.Optimizer) else None
        settings = {
            name: setting
            for name, setting in vars(scheduler).items()
            if not name.startswith("_") and isinstance(setting, int | float | str | bool | list | dict)
        }
        which = whose[0].number if whose else -1
        found = Scheduler(number, type(scheduler).__name__, scheduler, which, own_line(), settings)
        self._schedulers[id(scheduler)] = found
        self._seen.schedulers.append(found)
        self._journal.add("scheduler", found.source, number)
        return found

    @unrecorded
    def scheduled(self, scheduler: Any, metric: object) -> None:
        """Note that a schedule was stepped.

        Args:
            scheduler: It was.
            metric: What it was given.
        """
        found = self._scheduler(scheduler) if self.wants("schedule") else None
        if found is not None:
            number = float(metric) if isinstance(metric, int | float | torch.Tensor) else None
            facts = {"lr": _rates(getattr(scheduler, "optimizer", None)), "metric": number}
            self._journal.add("schedule", own_line(), found.number, facts)

    @unrecorded
    def made_loader(self, loader: Any) -> None:
        """Note a loader.

        Args:
            loader: It has just been made.
        """
        self.loaders.record_of(loader)

    @unrecorded
    def iterates(self, loader: Any, iterator: Any) -> None:
        """Note that an iteration over a loader begins.

        Args:
            loader: The loader.
            iterator: What it gave.
        """
        found = self.loaders.begin(loader, iterator) if self.wants("epoch") else None
        if found is not None:
            self.looking.new_evaluation()
            self._journal.add("epoch", own_line(), found.number, {"names": found.names})

    @unrecorded
    def gave(self, iterator: Any, batch: Any) -> None:
        """Note a batch.

        Args:
            iterator: It gave the batch.
            batch: What it gave.
        """
        self.loaders.gave(iterator, batch)
        if self.looking.open is None and self.looking.wanted(grad=torch.is_grad_enabled()):
            self.looking.begin()  # what the script does to the batch before the network belongs to the look

    @unrecorded
    def exhausted(self, iterator: Any) -> None:
        """Note that an iteration came to its end.

        Args:
            iterator: The iterator.
        """
        ended = self.loaders.end(iterator)
        if ended is not None and self.wants("epoch_end"):
            loader, num_batches = ended
            facts = {"num_batches": num_batches, "complete": True}
            self._journal.add("epoch_end", own_line(), loader.number, facts)

    # -- the end ---------------------------------------------------------------------------------------------

    def give_up(self, error: Exception) -> None:
        """End the watch after an error of its own; the script goes on.

        Args:
            error: Of the watcher.
        """
        self._end_early(f"the watch was given up: {type(error).__name__}: {error}".rstrip(": "))

    def _end_early(self, why: str) -> None:
        """See nothing more; steps are counted still."""
        self.on = False
        self.looking.drop()
        self._seen.unseen.append(Unseen(why, "", own_line()))

    def crashed(self, error: BaseException) -> None:
        """Note the exception that ended the script.

        Args:
            error: The exception.
        """
        if self._seen.crash is not None:
            return
        self._seen.ended = "crashed"
        self._seen.crash = crash_of(error, self.looking.open.recorder if self.looking.open else None)

    @unrecorded
    def _close(self) -> None:
        self.looking.close()

    def seen(self, *, interrupted: bool = False) -> Seen:
        """Give everything that was seen; the watch is over.

        Args:
            interrupted: Whether the person stopped it.

        Returns:
            What was seen.
        """
        self._close()
        self.on = False
        found, events = self._seen, self._journal.events
        for place, reference in self._modules:
            module = reference()
            home = self.networks.around(module) if module is not None else None
            if home is not None:
                facts = {**events[place].facts, "path": home[1], "whole": not home[1]}
                events[place] = replace(events[place], who=home[0].number, facts=facts)
        found.events, found.losses = events, self._journal.losses
        found.num_steps = self._journal.num_steps
        found.networks, found.looks = self.networks.met, self.looking.looks
        found.made = self.networks.made()
        unseen = (
            *filter(None, [self._elsewhere]),
            *found.unseen,
            *(one for look in found.looks for one in look.trace.unseen),
        )
        found.unseen = list(dict.fromkeys(unseen))
        if interrupted:
            found.ended = "interrupted"
        return found


def _rates(optimizer: Any) -> tuple[float, ...]:
    return tuple(float(group["lr"]) for group in getattr(optimizer, "param_groups", ()) if "lr" in group)
