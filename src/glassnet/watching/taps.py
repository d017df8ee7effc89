"""Where PyTorch is tapped: a few of its functions tell the watcher that they are called, then run as ever."""

from __future__ import annotations

import functools
import os
import random
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn
from torch._C._functorch import peek_interpreter_stack  # pyright: ignore[reportMissingImports]
from torch.nn.parameter import is_lazy
from torch.optim import lr_scheduler
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook
from torch.utils.data import DataLoader
from torch.utils.data.dataloader import _BaseDataLoaderIter  # pyright: ignore[reportPrivateUsage]

from glassnet.watching import fastai
from glassnet.watching.compilers import compilers, is_compiled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from glassnet.watching.watcher import Watcher

    Taps: TypeAlias = Iterator[tuple[Any, str, Callable]]  # class or module, name, what stands in its place


_WATCHING: set[Watcher] = set()


def _forget() -> None:
    for watcher in _WATCHING:
        watcher.forget()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_forget)


@contextmanager
def tapped(watcher: Watcher) -> Iterator[None]:
    """Let PyTorch tell a watcher what it does, for as long as the block runs.

    Args:
        watcher: It is told.

    Yields:
        Nothing.
    """
    _WATCHING.add(watcher)
    with ExitStack() as stack:
        stack.callback(_WATCHING.discard, watcher)
        later = _Later(watcher, stack)
        for taps in (
            _modules(watcher, later), _modes(watcher), _loads(watcher), _gradients(watcher),
            _optimizers(watcher), _schedulers(watcher),
            _loaders(watcher), _states(watcher), _seeds(watcher), _scalers(watcher), compilers(watcher),
        ):  # fmt: skip
            for owner, name, function in taps:
                stack.enter_context(_replaced(owner, name, function))
        hooks = (
            register_optimizer_step_pre_hook(watcher.before_step),
            register_optimizer_step_post_hook(watcher.after_step),
        )
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()


class _Later:
    """Taps a library once the script has loaded it."""

    def __init__(self, watcher: Watcher, stack: ExitStack) -> None:
        self._watcher, self._stack, self._done = watcher, stack, False

    def look(self) -> None:
        """Tap fastai where it is there; called when a module is made."""
        if self._done or not fastai.is_loaded():
            return
        self._done = True
        for owner, name, function in fastai.fastai(self._watcher):
            self._stack.enter_context(_replaced(owner, name, function))


@contextmanager
def _replaced(owner: Any, name: str, function: Callable) -> Iterator[None]:
    old = vars(owner)[name]
    setattr(owner, name, function)
    try:
        yield
    finally:
        if vars(owner)[name] is function:  # somebody else may have replaced it since
            setattr(owner, name, old)


def _modules(watcher: Watcher, later: _Later) -> Taps:  # noqa: C901 — four functions in one
    call, make = nn.Module.__call__, nn.Module.__init__
    zero_grad = nn.Module.zero_grad

    def around(module: nn.Module, args: tuple, kwargs: dict[str, Any]) -> Any:
        look = watcher.looking.open
        if look is None or not watcher.on or not watcher.here():
            return call(module, *args, **kwargs)
        if is_compiled(module):
            return look.around(away(call), module, args, kwargs)
        return look.around(call, module, args, kwargs)

    def away(call: Callable) -> Callable:
        def runs(*args: Any, **kwargs: Any) -> Any:
            with watcher.away():
                return call(*args, **kwargs)

        return runs

    @functools.wraps(call)
    def called(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
        if watcher.asleep and torch.is_grad_enabled():
            return call(self, *args, **kwargs)
        if watcher.inside or watcher.loading or not watcher.on:
            return around(self, args, kwargs)
        if peek_interpreter_stack() is not None:  # torch.func: its tensors cannot be read
            return call(self, *args, **kwargs)
        network = watcher.network_of(self, args, kwargs)
        if network is None:
            return around(self, args, kwargs)
        watcher.before_call(network, self, args, kwargs)
        watcher.inside = True
        try:
            result = away(call)(self, *args, **kwargs) if is_compiled(self) else around(self, args, kwargs)
        finally:
            watcher.inside = False
        watcher.after_call(args, kwargs, result)
        return result

    @functools.wraps(make)
    def makes(self: nn.Module, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        if watcher.on:
            later.look()
            watcher.made_module(self)

    @functools.wraps(zero_grad)
    def zeroes(self: nn.Module, set_to_none: bool = True) -> None:
        watcher.zeroed(None)
        zero_grad(self, set_to_none)

    yield nn.Module, "__init__", makes
    yield nn.Module, "__call__", called
    yield nn.Module, "zero_grad", zeroes


def _sums(module: nn.Module) -> dict[str, float]:
    """Tell by one number for each tensor what a module holds."""
    tensors = (*module.named_parameters(), *module.named_buffers())
    usable = [(name, tensor) for name, tensor in tensors if not tensor.is_meta and not is_lazy(tensor)]
    return {name: float(tensor.detach().double().sum()) for name, tensor in usable if not tensor.is_complex()}


def _modes(watcher: Watcher) -> Taps:
    train = nn.Module.train

    @functools.wraps(train)
    def trains(self: nn.Module, mode: bool = True) -> nn.Module:
        if watcher.setting_mode or not watcher.on:
            return train(self, mode)
        watcher.about_module("mode", self, {"training": mode})
        watcher.setting_mode = True
        try:
            return train(self, mode)
        finally:
            watcher.setting_mode = False

    yield nn.Module, "train", trains


def _loads(watcher: Watcher) -> Taps:
    load = nn.Module.load_state_dict

    @functools.wraps(load)
    def loads(self: nn.Module, state_dict: Any, strict: bool = True, assign: bool = False) -> Any:
        if not watcher.on:
            return load(self, state_dict, strict, assign)
        watcher.looking.pause(paused=True)
        try:
            before = _sums(self)
            result = load(self, state_dict, strict, assign)
            changed = sum(one != before.get(name) for name, one in _sums(self).items())
        finally:
            watcher.looking.pause(paused=False)
        facts = {
            "strict": strict,
            "missing": tuple(result.missing_keys),
            "unexpected": tuple(result.unexpected_keys),
            "num_loaded": len(state_dict) - len(result.unexpected_keys),
            "changed": changed,
        }
        watcher.about_module("load", self, facts)
        return result

    yield nn.Module, "load_state_dict", loads


def _gradients(watcher: Watcher) -> Taps:
    backward, clip = torch.autograd.backward, nn.utils.clip_grad_norm_

    @functools.wraps(backward)
    def backwards(tensors: Any, *args: Any, **kwargs: Any) -> None:
        if not watcher.on:
            return backward(tensors, *args, **kwargs)
        retain = kwargs.get("retain_graph", args[1] if len(args) > 1 else None)  # after grad_tensors
        watcher.before_backward(tensors, retain=bool(retain))
        inside, watcher.inside = watcher.inside, True  # checkpoints run modules again
        try:
            return backward(tensors, *args, **kwargs)
        finally:
            watcher.inside = inside
            watcher.looking.pause(paused=False)

    @functools.wraps(clip)
    def clips(*args: Any, **kwargs: Any) -> Any:
        if not watcher.on:
            return clip(*args, **kwargs)
        watcher.looking.pause(paused=True)
        try:
            norm = clip(*args, **kwargs)
            watcher.note("clip", {"norm": float(norm)})
            return norm
        finally:
            watcher.looking.pause(paused=False)

    yield torch.autograd, "backward", backwards
    yield nn.utils, "clip_grad_norm_", clips


def _optimizers(watcher: Watcher) -> Taps:
    make, zero_grad = torch.optim.Optimizer.__init__, torch.optim.Optimizer.zero_grad

    @functools.wraps(make)
    def makes(self: torch.optim.Optimizer, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        if watcher.on:
            watcher.made_optimizer(self)

    @functools.wraps(zero_grad)
    def zeroes(self: torch.optim.Optimizer, set_to_none: bool = True) -> None:
        watcher.zeroed(self)
        watcher.looking.pause(paused=True)
        try:
            return zero_grad(self, set_to_none)
        finally:
            watcher.looking.pause(paused=False)

    yield torch.optim.Optimizer, "__init__", makes
    yield torch.optim.Optimizer, "zero_grad", zeroes


def _schedulers(watcher: Watcher) -> Taps:
    making: list[Any] = []  # schedules step themselves once while they are made

    def made(make: Callable) -> Callable:
        @functools.wraps(make)
        def makes(self: Any, *args: Any, **kwargs: Any) -> None:
            making.append(self)
            try:
                make(self, *args, **kwargs)
            finally:
                making.pop()
            if watcher.on and not making:
                watcher.made_scheduler(self)

        return makes

    def stepped(step: Callable) -> Callable:
        @functools.wraps(step)
        def steps(self: Any, *args: Any, **kwargs: Any) -> Any:
            if making or not watcher.on:
                return step(self, *args, **kwargs)
            making.append(self)  # one may step others
            try:
                result = step(self, *args, **kwargs)
            finally:
                making.pop()
            watcher.scheduled(self, args[0] if args else kwargs.get("metrics"))
            return result

        return steps

    kinds = [kind for kind in vars(lr_scheduler).values() if isinstance(kind, type)]
    schedules = [kind for kind in kinds if issubclass(kind, lr_scheduler.LRScheduler)]
    for name, tap in (("step", stepped), ("__init__", made)):
        for kind in schedules:
            if name in vars(kind):
                yield kind, name, tap(vars(kind)[name])


def _loaders(watcher: Watcher) -> Taps:
    make, iterate, follow = DataLoader.__init__, DataLoader.__iter__, _BaseDataLoaderIter.__next__

    @functools.wraps(make)
    def makes(self: DataLoader, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        if watcher.on:
            watcher.made_loader(self)

    @functools.wraps(iterate)
    def iterates(self: DataLoader) -> Any:
        if not watcher.on:
            return iterate(self)
        watcher.looking.pause(paused=True)
        try:
            iterator = iterate(self)
        finally:
            watcher.looking.pause(paused=False)
        watcher.iterates(self, iterator)
        return iterator

    @functools.wraps(follow)
    def follows(self: Any) -> Any:
        if not watcher.on:
            return follow(self)
        watcher.looking.pause(paused=True)
        watcher.loading = True
        try:
            batch = follow(self)
        except StopIteration:
            watcher.loading = False
            watcher.exhausted(self)
            raise
        finally:
            watcher.loading = False
            watcher.looking.pause(paused=False)
        watcher.gave(self, batch)
        return batch

    yield DataLoader, "__init__", makes
    yield DataLoader, "__iter__", iterates
    yield _BaseDataLoaderIter, "__next__", follows


def _states(watcher: Watcher) -> Taps:
    save = torch.save

    @functools.wraps(save)
    def saves(*args: Any, **kwargs: Any) -> None:
        watcher.note("save")
        watcher.looking.pause(paused=True)
        try:
            return save(*args, **kwargs)
        finally:
            watcher.looking.pause(paused=False)

    yield torch, "save", saves


def _seeds(watcher: Watcher) -> Taps:
    def seeds(seed: Callable, of: str) -> Callable:
        @functools.wraps(seed)
        def sets(*args: Any, **kwargs: Any) -> Any:
            if watcher.on:
                watcher.note(
                    "seed", {"of": of, "value": args[0] if args else next(iter(kwargs.values()), None)}
                )
            return seed(*args, **kwargs)

        return sets

    yield torch, "manual_seed", seeds(torch.manual_seed, "torch")
    yield random, "seed", seeds(random.seed, "random")
    yield np.random, "seed", seeds(np.random.seed, "numpy")


def _scalers(watcher: Watcher) -> Taps:
    kind = torch.amp.GradScaler

    def tells(method: Callable, what: str) -> Callable:
        @functools.wraps(method)
        def runs(self: Any, *args: Any, **kwargs: Any) -> Any:
            if watcher.on:
                watcher.note(
                    "scale", {"what": what, "enabled": self.is_enabled(), "factor": self.get_scale()}
                )
            return method(self, *args, **kwargs)

        return runs

    for name, what in (("scale", "scale"), ("unscale_", "unscale"), ("step", "step"), ("update", "update")):
        yield kind, name, tells(vars(kind)[name], what)
