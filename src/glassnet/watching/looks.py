"""Looks: stretches of a training that are recorded whole."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from glassnet.checks.seen import Look, Update
from glassnet.trace.modules import modules_of
from glassnet.trace.nested import tensors_in, with_refs
from glassnet.trace.recorder import BROKEN, OPAQUE, SCRIPTED, TRANSFORMED, Recorder
from glassnet.trace.statistics import statistics_of
from glassnet.trace.trace import Trace
from glassnet.watching.modes import is_alone, put_below, take_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from glassnet.checks.seen import Network
    from glassnet.trace.trace import Module, Statistics, Unseen

MOST_NUMBERS = 1_000_000  # of a kept value
BLIND_SPOTS = {
    SCRIPTED,
    TRANSFORMED,
    OPAQUE,
}  # data from outside, numbers that leave: usual
FAST = (nn.MultiheadAttention, nn.TransformerEncoderLayer, nn.TransformerEncoder)
MOST_OPS = 20_000  # of a look
MOST_OPS_OUTSIDE = 2_000  # between two calls of networks
MOST_PASSES = 8  # through networks, in one look


class OpenLook:
    """A look that has begun.

    Args:
        number: Of the look.
        step: Optimizer steps before it.
        networks: Those that are known.
    """

    def __init__(self, number: int, step: int, networks: Sequence[Network]) -> None:
        self.number, self.step = number, step
        self.recorder = Recorder(nn.Module(), keep="nothing", gradients=True, activity=True, hooked=False)
        self.recorder.tensors.keep_outside = MOST_NUMBERS
        for network in networks:
            self.recorder.add_network(network.module, network.prefix)
        self.grad: bool | None = None  # whether autograd was on in its passes
        self.num_passes = 0
        self.num_backward = 0
        self.losses: list[int] = []
        self.began = time.perf_counter()
        self._main: tuple[tuple[int, ...], object, bool] | None = None  # inputs, output, with gradients
        self._ops_before = 0
        put_below(self.recorder)

    def pause(self, *, paused: bool) -> None:
        """Stop noting what runs, or go on.

        Args:
            paused: Which of the two; a look that has become too long stays paused.
        """
        self.recorder.paused = paused or self.too_long or self.recorder.broken

    @property
    def too_long(self) -> bool:
        """Whether it holds as much as it may."""
        num_ops = len(self.recorder.ops)
        return (
            num_ops > MOST_OPS
            or num_ops - self._ops_before > MOST_OPS_OUTSIDE
            or self.num_passes > MOST_PASSES
        )

    def begin_pass(self, args: Any, *, grad: bool) -> None:
        """Note that a network is called.

        Args:
            args: What it gets.
            grad: Whether autograd is on.
        """
        self.num_passes += 1
        self.grad = grad if self.grad is None else self.grad or grad
        self.pause(paused=False)
        if self.recorder.paused:
            return
        for tensor in tensors_in(args):
            number = self.recorder.tensors.read(tensor)
            self.recorder.tensors.keep_first(tensor, number, MOST_NUMBERS)

    def end_pass(self, args: Any, result: Any, *, grad: bool) -> None:
        """Note what a network gave.

        Args:
            args: What it got.
            result: What it returned.
            grad: Whether autograd is on.
        """
        self._ops_before = len(self.recorder.ops)
        if self.recorder.paused:
            return
        tensors = self.recorder.tensors
        for tensor in tensors_in(result):
            tensors.keep_first(tensor, tensors.read(tensor), MOST_NUMBERS)
        if self._main is None or (grad and not self._main[2]):
            inputs = tuple(dict.fromkeys(tensors.read(tensor) for tensor in tensors_in(args)))
            self._main = inputs, with_refs(result, tensors.read), grad

    def around(self, call: Callable[..., Any], module: nn.Module, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Call a module and note that it is called.

        Args:
            call: `nn.Module.__call__`.
            module: Any.
            args: What it gets.
            kwargs: What it gets by name.

        Returns:
            What it gives.
        """
        recorder = self.recorder
        self._note(recorder.begins, module, args)
        try:
            if _may_be_fast(module) and is_alone(recorder) and not recorder.paused:
                with self.aside():
                    result = call(module, *args, **kwargs)
            else:
                result = call(module, *args, **kwargs)
        except BaseException:
            self._note(recorder.ends, module, args)
            raise
        self._note(recorder.ends, module, args, kwargs, result)
        return result

    def _note(self, note: Callable[..., None], *args: Any) -> None:
        try:
            note(*args)
        except Exception as error:  # noqa: BLE001 — ours; the training goes on
            self.recorder.give_up(error)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Leave for a block: what runs in it is chosen by whether a mode is on."""
        paused, there = self.recorder.paused, take_out(self.recorder)
        self.recorder.paused = True
        try:
            yield
        finally:
            if there:
                put_below(self.recorder)
            self.recorder.paused = paused or self.recorder.broken

    def add_loss(self, loss: torch.Tensor) -> int | None:
        """Note what backward is called on.

        Args:
            loss: The tensor.

        Returns:
            The number of its value.
        """
        self.num_backward += 1
        if self.recorder.paused:
            return None
        self.losses.append(self.recorder.tensors.read(loss))
        return self.losses[-1]

    def leave(self) -> bool:
        """Stop recording.

        Returns:
            False where the recorder itself is running something, so that it has to leave later.
        """
        self.recorder.paused = True
        return take_out(self.recorder)

    def as_look(
        self,
        networks: Sequence[Network],
        gradients: dict[str, Any],
        updates: dict[str, Update],
        *,
        trained: bool,
    ) -> Look:
        """Give what was recorded.

        Args:
            networks: All that are known.
            gradients: Statistics by parameter.
            updates: By parameter.
            trained: Whether an optimizer stepped at its end.

        Returns:
            The look.
        """
        recorder = self.recorder
        measured = recorder.tensors.gradients
        values = tuple(
            replace(value, gradient=measured[value.number]) if value.number in measured else value
            for value in recorder.tensors.values
        )
        main = self._main or ((), None, False)
        trace = Trace(
            network=networks[0].name if networks else "",
            modules=self._modules(networks, gradients),
            calls=tuple(recorder.calls),
            ops=tuple(_staged(recorder.all_ops())),
            values=values,
            inputs=main[0],
            output=main[1],
            loss=self.losses[-1] if self.losses else None,
            backward=(),
            unseen=tuple(dict.fromkeys(filter(_is_blind_spot, recorder.unseen))),
            seconds=time.perf_counter() - self.began,
            kept=recorder.tensors.kept,
        )
        return Look(
            number=self.number,
            step=self.step,
            trace=trace,
            losses=tuple(self.losses),
            trained=trained,
            gradients=gradients,
            updates=updates,
            activity=recorder.activity or {},
            escapes=tuple(recorder.escapes),
        )

    def _modules(self, networks: Sequence[Network], gradients: dict[str, Any]) -> tuple[Module, ...]:
        """List the modules of the networks that were called; at first with what their parameters were."""
        called = {call.path for call in self.recorder.calls if call.parent is None}
        initial: dict[str, Statistics | None] = {}
        modules: list[Module] = []
        for network in networks:
            if _was_called(network.prefix, called):
                modules += modules_of(network.module, gradients, measured=False, prefix=network.prefix)
                initial |= {} if self.step else network.initial
        return tuple(
            replace(
                module,
                parameters=tuple(replace(p, statistics=initial.get(p.name)) for p in module.parameters),
            )
            for module in modules
        )


def _is_blind_spot(unseen: Unseen) -> bool:
    return unseen.what in BLIND_SPOTS or unseen.what.startswith(BROKEN)


def _may_be_fast(module: nn.Module) -> bool:
    """Tell whether PyTorch may compute a module in one piece, which it does not while a mode is on."""
    if module.training or not isinstance(module, FAST) or not torch.backends.mha.get_fastpath_enabled():
        return False
    return not torch.is_grad_enabled() or not any(p.requires_grad for p in module.parameters())


def _was_called(prefix: str, called: set[str]) -> bool:
    name = prefix.removesuffix(".")
    return any(path == name or path.startswith(prefix) for path in called)


def _staged(ops: Sequence[Any]) -> list[Any]:
    return [op if op.call is not None else replace(op, stage="loss") for op in ops]


def measured_gradients(networks: Sequence[Network]) -> dict[str, Any]:
    """Measure the gradients of all parameters.

    Args:
        networks: Their parameters.

    Returns:
        Statistics by name; None where there is no gradient.
    """
    found = {}
    for network in networks:
        for name, parameter in network.module.named_parameters():
            gradient = parameter.grad
            usable = None if gradient is None or gradient.layout != torch.strided else gradient
            found[network.prefix + name] = None if usable is None else statistics_of(usable)
    return found


def copies_of(
    networks: Sequence[Network], optimizer: torch.optim.Optimizer, *, all_of_them: bool
) -> dict[str, tuple[nn.Parameter, torch.Tensor]]:
    """Copy the parameters that an optimizer is going to change.

    Args:
        networks: Their parameters have names.
        optimizer: It is going to step.
        all_of_them: Also those that have no gradient yet.

    Returns:
        Parameter and copy by name.
    """
    own = {id(p) for group in optimizer.param_groups for p in group["params"]}
    return {
        network.prefix + name: (parameter, parameter.detach().clone())
        for network in networks
        for name, parameter in network.module.named_parameters()
        if id(parameter) in own and (all_of_them or parameter.grad is not None)
    }


def updates_since(copies: dict[str, tuple[nn.Parameter, torch.Tensor]]) -> dict[str, Update]:
    """Measure what a step did.

    Args:
        copies: Parameters with what they were before it.

    Returns:
        The changes by name.
    """
    found = {}
    for name, (parameter, before) in copies.items():
        gradient = parameter.grad
        size = float(gradient.detach().float().norm()) if gradient is not None else 0.0
        change = float((parameter.detach() - before).float().norm())
        found[name] = Update(float(before.float().norm()), size, change)
    return found
