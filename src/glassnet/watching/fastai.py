"""Where fastai is tapped: it has an optimizer and a loader of its own."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from glassnet.watching.watcher import Watcher


def is_loaded() -> bool:
    """Tell whether a script uses fastai.

    Returns:
        Whether its modules are there.
    """
    return "fastai.optimizer" in sys.modules and "fastai.data.load" in sys.modules


def fastai(watcher: Watcher) -> Iterator[tuple[Any, str, Callable]]:
    """Replace functions of fastai.

    Args:
        watcher: It is told what they do.

    Yields:
        Class, name of the method, and what stands in its place.
    """
    optimizer, loader = sys.modules["fastai.optimizer"].Optimizer, sys.modules["fastai.data.load"].DataLoader
    make, step, zero_grad = optimizer.__init__, optimizer.step, optimizer.zero_grad
    load, iterate = loader.__init__, loader.__iter__

    @functools.wraps(make)
    def makes(self: Any, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        if watcher.on:
            watcher.made_optimizer(self)

    @functools.wraps(step)
    def steps(self: Any, *args: Any, **kwargs: Any) -> Any:
        watcher.before_step(self, (self, *args), kwargs)
        result = step(self, *args, **kwargs)
        watcher.after_step(self, (), {})
        return result

    @functools.wraps(zero_grad)
    def zeroes(self: Any) -> None:
        watcher.zeroed(self)
        watcher.looking.pause(paused=True)
        try:
            return zero_grad(self)
        finally:
            watcher.looking.pause(paused=False)

    @functools.wraps(load)
    def loads(self: Any, *args: Any, **kwargs: Any) -> None:
        load(self, *args, **kwargs)
        if watcher.on:
            watcher.made_loader(self)

    @functools.wraps(iterate)
    def iterates(self: Any) -> Any:
        batches = iterate(self)
        watcher.iterates(self, batches)
        while True:
            watcher.looking.pause(paused=True)
            try:
                batch = next(batches)
                watcher.gave(batches, batch)
            except StopIteration:
                watcher.exhausted(batches)
                return
            finally:
                watcher.looking.pause(paused=False)
            yield batch

    yield optimizer, "__init__", makes
    yield optimizer, "step", steps
    yield optimizer, "zero_grad", zeroes
    yield loader, "__init__", loads
    yield loader, "__iter__", iterates
