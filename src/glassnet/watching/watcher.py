"""The watcher: what PyTorch's functions report becomes networks, looks, events and batches."""

from __future__ import annotations

import functools
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar

import torch
from torch import nn

from glassnet.checks.seen import Crash, Loader, Network, Optimizer, Scheduler, Seen
from glassnet.trace.nested import tensors_in
from glassnet.trace.paths import attributes
from glassnet.trace.source_line import is_own, own_line
from glassnet.trace.statistics import statistics_of
from glassnet.trace.trace import Source, Unseen, shape_text
from glassnet.watching.gradients import Gradients
from glassnet.watching.journal import Journal
from glassnet.watching.loaders import keep_batch, names_of
from glassnet.watching.looks import OpenLook, copies_of, measured_gradients, updates_since

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from glassnet.checks.seen import Look

P = ParamSpec("P")
R = TypeVar("R")

NUM_FIRST = 5  # steps that are recorded whole, for each optimizer
NUM_CLOSE = 50  # steps whose gradients are looked at
GROWTH = 1.5  # later looks are at steps growing by this factor
SHARE = 0.02  # of the time, that later looks may cost
FREE = 20  # steps before costs are counted
NUM_EVALUATION_LOOKS, NUM_EVALUATION_PASSES = 6, 3
LAST_OPS = 3  # told of a script that crashed
COMPILED = "torch.compile: what runs inside cannot be seen"
WHOLE_NUMBERS = (torch.int64, torch.int32, torch.int16, torch.uint8, torch.bool)


def unrecorded(method: Callable[P, R]) -> Callable[P, R]:
    """Keep what a method itself computes out of the recording.

    Args:
        method: Of the watcher.

    Returns:
        The same, run beside the recorder.
    """

    @functools.wraps(method)
    def runs(*args: P.args, **kwargs: P.kwargs) -> R:
        with torch._C.DisableTorchFunction():  # noqa: SLF001 — PyTorch's own way to step aside
            return method(*args, **kwargs)

    return runs


class StopWatchingError(BaseException):
    """The number of steps that was asked for has been taken; not an `Exception`, so no script catches it."""


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
        self.inside = False  # whether a network is running
        self.setting_mode = False  # whether train() or eval() is running
        self._seen = Seen(by, script)
        self._journal = Journal()
        self._thread = threading.get_ident()
        self._stop_after = stop_after
        self._homes: dict[int, tuple[nn.Module, Network | None]] = {}
        self._modes: list[tuple[int, nn.Module]] = []  # events whose network was not known yet
        self._optimizers: dict[int, tuple[Optimizer, Gradients]] = {}
        self._schedulers: dict[int, Scheduler] = {}
        self._loaders: dict[int, Loader] = {}
        self._iterating: dict[
            int, tuple[Any, Loader, int, int]
        ] = {}  # iterator -> itself, loader, epoch, batch
        self._open: OpenLook | None = None
        self._leaving: OpenLook | None = None  # below a mode of the person's own
        self._copies: dict = {}
        self._next_look = NUM_FIRST
        self._num_backward = 0
        self._evaluation_looked = False  # whether this evaluation has had its look
        self._num_evaluation_looks = 0
        self._cost, self._since = 0.0, 0.0  # seconds of looks after the first steps, and when these ended
        self._last_cost = 0.0
        self._sums: tuple[float, ...] = ()

    # -- networks --------------------------------------------------------------------------------------------

    @unrecorded
    def network_of(self, module: nn.Module) -> Network | None:
        """Find the network that a module belongs to; a stranger with parameters is a new one.

        Args:
            module: It is called, from outside every network.

        Returns:
            The network; None for a module without parameters, and in other threads.
        """
        if threading.get_ident() != self._thread:
            return None
        known = self._homes.get(id(module))
        if known is not None:
            return known[1]
        network = self._adopt(_owner_of(module)) if _has_parameters(module) else None
        self._homes.setdefault(id(module), (module, network))
        return network

    def _adopt(self, module: nn.Module) -> Network:
        name = type(module).__name__
        others = [network.prefix for network in self._seen.networks]
        prefix = f"{name}." if others else ""
        count = 2
        while prefix in others:
            prefix, count = f"{name}_{count}.", count + 1
        initial = {
            prefix + path: None if parameter.is_meta or _is_lazy(parameter) else statistics_of(parameter)
            for path, parameter in module.named_parameters()
        }
        network = Network(len(others), name, prefix, module, own_line(), initial)
        self._seen.networks.append(network)
        for part in module.modules():
            self._homes[id(part)] = (part, network)
        if self._open:
            self._open.recorder.add_network(module, prefix)
        return network

    @unrecorded
    def before_call(self, network: Network, module: nn.Module, args: tuple, kwargs: dict[str, Any]) -> None:
        """Note that a network, or a part of it, is called; begin or end a look where it is time.

        Args:
            network: The network.
            module: It, or the part.
            args: What it gets.
            kwargs: What it gets by name.
        """
        grad = torch.is_grad_enabled()
        compiled = hasattr(module, "_orig_mod") or getattr(module, "_compiled_call_impl", None) is not None
        if compiled:
            self.end_look()
            self._seen.unseen.append(Unseen(COMPILED, network.prefix, own_line()))
        elif self._open:
            many = not grad and self._open.num_passes >= NUM_EVALUATION_PASSES
            other = self._open.num_passes and self._open.grad != grad
            done = grad and self._open.num_backward and not self._journal.num_steps
            if many or other or done:
                self.end_look()
        if grad:
            self._evaluation_looked = False
        if not self._open and not compiled and self._wants_look(grad=grad):
            self._begin_look()
        if self._open:
            self._open.begin_pass((args, kwargs), grad=grad)
        if self._journal.wants("network", rare=not grad):
            tensors = tensors_in((args, kwargs))
            facts = {
                "training": module.training,
                "grad": grad,
                "batch": tensors[0].shape[0] if tensors and tensors[0].dim() else None,
                "part": module is not network.module,
            }
            self._journal.add("network", own_line(), network.number, facts)

    @unrecorded
    def after_call(self, args: tuple, kwargs: dict[str, Any], result: Any) -> None:
        """Note what a network gave.

        Args:
            args: What it got.
            kwargs: What it got by name.
            result: What it returned.
        """
        if self._open:
            self._open.end_pass((args, kwargs), result, grad=torch.is_grad_enabled())

    # -- looks -----------------------------------------------------------------------------------------------

    def _wants_look(self, *, grad: bool) -> bool:
        if not grad:
            return not self._evaluation_looked and self._num_evaluation_looks < NUM_EVALUATION_LOOKS
        done = self._journal.num_steps or self._num_backward
        if done < NUM_FIRST * max(len(self._optimizers), 1):
            return True
        if done < self._next_look:
            return False
        return done < FREE or self._cost + self._last_cost <= SHARE * (time.perf_counter() - self._since)

    def _begin_look(self) -> None:
        if self._leaving is not None:
            if not self._leaving.leave():
                return
            self._leaving = None
        self._open = OpenLook(len(self._seen.looks), self._journal.num_steps, self._seen.networks)
        self._journal.look = self._open.number

    @unrecorded
    def end_look(self, *, trained: bool = False) -> None:
        """End the look that is open, where one is.

        Args:
            trained: Whether an optimizer has stepped.
        """
        look = self._open
        if look is None:
            return
        gradients = measured_gradients(self._seen.networks) if look.num_backward else {}
        updates = updates_since(self._copies) if trained else {}
        if not look.leave():
            self._leaving = look
        self._open, self._copies, self._journal.look = None, {}, None
        if look.num_passes or look.losses:
            self._seen.looks.append(look.as_look(self._seen.networks, gradients, updates, trained=trained))
            if look.grad is False:
                self._evaluation_looked = True
                self._num_evaluation_looks += 1
        elif trained and self._seen.looks and updates:  # a second optimizer after the same backward
            self._seen.looks[-1].updates.update(updates)
        if look.grad is not False:
            self._last_cost = time.perf_counter() - look.began
            if self._journal.num_steps >= FREE:
                self._cost += self._last_cost
            self._next_look = int(max(look.step, NUM_FIRST) * GROWTH) + 1

    def pause(self, *, paused: bool) -> None:
        """Leave out what runs now: a loader's work, an optimizer's, a backward pass.

        Args:
            paused: Whether it begins or ends.
        """
        if self._open:
            self._open.pause(paused=paused)

    # -- losses and steps ------------------------------------------------------------------------------------

    @unrecorded
    def before_backward(self, tensors: Any) -> None:
        """Note what backward is called on.

        Args:
            tensors: A tensor, or several.
        """
        loss = next(iter(tensors_in(tensors)), None)
        if loss is None or threading.get_ident() != self._thread:
            return
        facts: dict[str, Any] = {"loss": None, "shape": tuple(loss.shape), "value": None}
        if loss.numel() == 1 and not loss.is_complex() and not loss.is_meta:
            facts["loss"] = float(loss.detach())
            self._journal.add_loss(facts["loss"])
        self._num_backward += 1
        if self._open:
            facts["value"] = self._open.add_loss(loss)
        close = self._open is not None or self._journal.num_steps < NUM_CLOSE
        for _, gradients in self._optimizers.values():
            gradients.num_backward += 1
            if close:
                gradients.before_backward()
        if self._journal.wants("backward"):
            sums = self._parameter_sums()
            facts["changed"] = sums != self._sums
            self._sums = sums
            self._journal.add("backward", own_line(), -1, facts)
        self.pause(paused=True)

    def _parameter_sums(self) -> tuple[float, ...]:
        """Tell by a few small parameters whether somebody has changed the networks."""
        sums = []
        for network in self._seen.networks:
            small = sorted(network.module.parameters(), key=lambda parameter: parameter.numel())[:3]
            sums.extend(float(p.detach().double().sum()) for p in small if not _is_lazy(p) and not p.is_meta)
        return tuple(sums)

    def made_optimizer(self, optimizer: torch.optim.Optimizer) -> Optimizer:
        """Note an optimizer.

        Args:
            optimizer: It has just been made, or was made before the watch began.

        Returns:
            Its record.
        """
        known = self._optimizers.get(id(optimizer))
        if known is not None:
            return known[0]
        groups = tuple(
            {name: setting for name, setting in group.items() if name != "params"}
            for group in optimizer.param_groups
        )
        number = len(self._optimizers)
        found = Optimizer(number, type(optimizer).__name__, optimizer, own_line(), groups)
        self._optimizers[id(optimizer)] = found, Gradients(optimizer)
        self._seen.optimizers.append(found)
        self._journal.add("optimizer", found.source, number)
        return found

    @unrecorded
    def before_step(self, optimizer: torch.optim.Optimizer, args: tuple, kwargs: dict[str, Any]) -> None:
        """Get ready for a step: an optimizer's pre-hook.

        Args:
            optimizer: It is going to step.
            args: Of its `step`, itself first.
            kwargs: Of its `step`.
        """
        if threading.get_ident() != self._thread:
            return
        found = self.made_optimizer(optimizer)
        closure = (args[1] if len(args) > 1 else kwargs.get("closure")) is not None
        gradients = self._optimizers[id(optimizer)][1]
        self._step = None
        if self._journal.wants("step"):
            carried, empty = (None, None) if closure else gradients.at_step()
            rates = tuple(float(group["lr"]) for group in optimizer.param_groups if "lr" in group)
            self._step = {
                "lr": rates, "num_backward": gradients.num_backward, "carried": carried, "empty": empty,
                "closure": closure,
            }  # fmt: skip
            self._journal.add("step", own_line(), found.number, self._step)
        if self._open:
            self._copies = copies_of(self._seen.networks, optimizer)
            self.pause(paused=not closure)

    @unrecorded
    def after_step(self, optimizer: torch.optim.Optimizer, args: tuple, kwargs: dict[str, Any]) -> None:
        """Note a step: an optimizer's post-hook.

        Args:
            optimizer: It has stepped.
            args: Of its `step`, itself first.
            kwargs: Of its `step`.
        """
        del args, kwargs
        if threading.get_ident() != self._thread or id(optimizer) not in self._optimizers:
            return
        gradients = self._optimizers[id(optimizer)][1]
        if self._journal.wants("step"):
            if self._step and self._step["closure"]:
                self._step["num_backward"] = gradients.num_backward
            gradients.after_step()
        gradients.num_backward = 0
        self.end_look(trained=True)
        self._journal.num_steps += 1
        for _, loader, _, _ in self._iterating.values():
            loader.num_steps += 1
        if self._journal.num_steps == FREE:
            self._since = time.perf_counter()
        if self._stop_after is not None and self._journal.num_steps >= self._stop_after:
            self._seen.ended = "stopped"
            raise StopWatchingError
        if not self.inside and self._wants_look(grad=True):
            self._begin_look()

    @unrecorded
    def zeroed(self, who: torch.optim.Optimizer | nn.Module) -> None:
        """Note that gradients are going to be cleared.

        Args:
            who: An optimizer or a module was told to.
        """
        if not self._journal.wants("zero_grad") or threading.get_ident() != self._thread:
            return
        if isinstance(who, torch.optim.Optimizer):
            found = self.made_optimizer(who)
            cleared = self._optimizers[id(who)][1].any_nonzero()
            self._journal.add("zero_grad", own_line(), found.number, {"cleared": cleared})
        else:
            self._journal.add("zero_grad", own_line(), -1, {"cleared": None})

    # -- everything else -------------------------------------------------------------------------------------

    def note(self, kind: Any, facts: dict[str, Any] | None = None, who: int = -1) -> None:
        """Note an event.

        Args:
            kind: Of the event.
            facts: See `glassnet.checks.seen.Event`.
            who: See there.
        """
        if threading.get_ident() == self._thread and self._journal.wants(kind):
            self._journal.add(kind, own_line(), who, facts)

    def about_module(self, kind: Any, module: nn.Module, facts: dict[str, Any]) -> None:
        """Note an event about a module; which network it is in is found out at the end.

        Args:
            kind: Of the event.
            module: Any.
            facts: See `glassnet.checks.seen.Event`.
        """
        if threading.get_ident() == self._thread and self._journal.wants(kind):
            self._journal.add(kind, own_line(), -1, facts)
            self._modes.append((len(self._journal.events) - 1, module))

    def made_scheduler(self, scheduler: Any) -> Scheduler:
        """Note a schedule of learning rates.

        Args:
            scheduler: It has just been made, or is stepped for the first time.

        Returns:
            Its record.
        """
        known = self._schedulers.get(id(scheduler))
        if known is not None:
            return known
        number = len(self._schedulers)
        optimizer = getattr(scheduler, "optimizer", None)
        whose = self.made_optimizer(optimizer).number if isinstance(optimizer, torch.optim.Optimizer) else -1
        settings = {
            name: setting
            for name, setting in vars(scheduler).items()
            if not name.startswith("_") and isinstance(setting, int | float | str | bool | list | dict)
        }
        found = Scheduler(number, type(scheduler).__name__, scheduler, whose, own_line(), settings)
        self._schedulers[id(scheduler)] = found
        self._seen.schedulers.append(found)
        self._journal.add("scheduler", found.source, number)
        return found

    def scheduled(self, scheduler: Any) -> None:
        """Note that a schedule was stepped.

        Args:
            scheduler: It was.
        """
        if threading.get_ident() == self._thread:
            found = self.made_scheduler(scheduler)
            optimizer = getattr(scheduler, "optimizer", None)
            groups = getattr(optimizer, "param_groups", ())
            rates = tuple(float(group["lr"]) for group in groups if "lr" in group)
            if self._journal.wants("schedule"):
                self._journal.add("schedule", own_line(), found.number, {"lr": rates})

    def made_loader(self, loader: Any) -> Loader:
        """Note a loader.

        Args:
            loader: A DataLoader.

        Returns:
            Its record.
        """
        known = self._loaders.get(id(loader))
        if known is not None:
            return known
        sampler = type(getattr(loader, "sampler", None)).__name__
        found = Loader(len(self._loaders), loader, (), own_line(), shuffled=sampler == "RandomSampler")
        self._loaders[id(loader)] = found
        self._seen.loaders.append(found)
        return found

    def iterates(self, loader: Any, iterator: Any) -> None:
        """Note that an iteration over a loader begins.

        Args:
            loader: The loader.
            iterator: What it gave.
        """
        if threading.get_ident() != self._thread:
            return
        found = self.made_loader(loader)
        found.names = found.names or names_of(loader)
        found.iterated = found.iterated or own_line()
        for key in [key for key, entry in self._iterating.items() if entry[1] is found]:
            del self._iterating[key]
        self._iterating[id(iterator)] = (iterator, found, found.num_epochs, 0)
        found.num_epochs += 1
        self._evaluation_looked = False
        if self._journal.wants("epoch"):
            self._journal.add("epoch", own_line(), found.number, {"names": found.names})

    @unrecorded
    def gave(self, iterator: Any, batch: Any) -> None:
        """Note a batch.

        Args:
            iterator: It gave the batch.
            batch: What it gave.
        """
        entry = self._iterating.get(id(iterator))
        if entry is None:
            return
        _, loader, epoch, number = entry
        keep_batch(loader, epoch, number, batch)
        self._iterating[id(iterator)] = (iterator, loader, epoch, number + 1)

    def exhausted(self, iterator: Any) -> None:
        """Note that an iteration came to its end.

        Args:
            iterator: The iterator.
        """
        entry = self._iterating.pop(id(iterator), None)
        if entry is not None and self._journal.wants("epoch_end"):
            facts = {"num_batches": entry[3], "complete": True}
            self._journal.add("epoch_end", own_line(), entry[1].number, facts)

    def crashed(self, error: BaseException) -> None:
        """Note the exception that ended the script.

        Args:
            error: The exception.
        """
        failure = self._open.recorder.failure if self._open else None
        ours = failure if failure is not None and failure.error is error else None
        before: tuple[str, ...] = ()
        if ours is not None and self._open is not None:
            recorder = self._open.recorder
            before = tuple(
                f"{op.label} → {', '.join(shape_text(recorder.tensors.values[n].shape) for n in op.outputs)}"
                for op in recorder.ops[-LAST_OPS:]
            )
        self._seen.ended = "crashed"
        what = ours.what if ours else None
        self._seen.crash = Crash(type(error).__name__, str(error), _line_of(error), what, before)

    @unrecorded
    def seen(self, *, interrupted: bool = False) -> Seen:
        """Give everything that was seen; the watch is over.

        Args:
            interrupted: Whether the person stopped it.

        Returns:
            What was seen.
        """
        self.on = False
        self.end_look()
        found, events = self._seen, self._journal.events
        for place, module in self._modes:
            home = self._homes.get(id(module))
            network = home[1] if home else next(
                (n for n in found.networks if any(part is module for part in n.module.modules())), None
            )  # fmt: skip
            if network is None:  # a module around a network
                inner = {id(part) for part in module.modules()}
                network = next((n for n in found.networks if id(n.module) in inner), None)
            if network is not None:
                path = next((p for p, part in network.module.named_modules() if part is module), "")
                event = events[place]
                facts = {**event.facts, "path": path, "whole": not path}
                events[place] = type(event)(
                    event.kind, event.step, event.source, network.number, facts, event.look
                )
        found.events, found.losses = events, self._journal.losses
        found.num_steps = self._journal.num_steps
        found.unseen = list(
            dict.fromkeys((*found.unseen, *(one for look in found.looks for one in look.trace.unseen)))
        )
        if interrupted:
            found.ended = "interrupted"
        return found

    @property
    def looks(self) -> list[Look]:
        """The looks that have ended."""
        return self._seen.looks


def _owner_of(module: nn.Module) -> nn.Module:
    """Find the outermost module whose method is running and that holds a module that is called by itself."""
    owner, frame = module, sys._getframe(2)  # noqa: SLF001
    while frame is not None:
        around = frame.f_locals.get("self") if "self" in frame.f_code.co_varnames else None
        if (
            isinstance(around, nn.Module)
            and around is not owner
            and any(p is owner for p in around.modules())
        ):
            owner = around
        frame = frame.f_back
    return owner


def _has_parameters(module: nn.Module) -> bool:
    """Tell whether a module has parameters, be they registered or held in a plain list."""
    if next(module.parameters(), None) is not None:
        return True
    for part in module.modules():
        for _, content in attributes(part):
            if isinstance(content, nn.Module) and next(content.parameters(), None) is not None:
                return True
            if isinstance(content, torch.Tensor) and content.requires_grad and content.is_leaf:
                return True
    return False


def _is_lazy(parameter: torch.Tensor) -> bool:
    return isinstance(parameter, nn.parameter.UninitializedParameter)


def _line_of(error: BaseException) -> Source | None:
    found, trace = None, error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if is_own(code.co_filename):
            found = Source(code.co_filename, trace.tb_lineno, code.co_name)
        trace = trace.tb_next
    return found
