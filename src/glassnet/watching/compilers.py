"""What takes networks apart to compile or trace them runs without us: it would take us apart, too."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import torch
import torch.export
import torch.fx
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from glassnet.watching.watcher import Watcher


def is_compiled(module: nn.Module) -> bool:
    """Tell whether calling a module runs what `torch.compile` made of it.

    Args:
        module: Any.

    Returns:
        Whether it does.

    Example:
        >>> is_compiled(nn.Linear(2, 2))
        False
    """
    return module._compiled_call_impl is not None or hasattr(module, "_orig_mod")  # noqa: SLF001


def compilers(watcher: Watcher) -> Iterator[tuple[Any, str, Callable]]:
    """Replace PyTorch's compilers and tracers.

    Args:
        watcher: It does not look while they run.

    Yields:
        Class or module, name, and what stands in its place.
    """
    compile_ = torch.compile

    def without_us(function: Callable) -> Callable:
        @functools.wraps(function)
        def runs(*args: Any, **kwargs: Any) -> Any:
            with watcher.away():
                return function(*args, **kwargs)

        return runs

    @functools.wraps(compile_)
    def compiles(model: Any = None, **kwargs: Any) -> Any:
        made = compile_(model, **kwargs)
        if model is None or isinstance(made, nn.Module) or not watcher.on:
            return made  # a decorator, which comes here again; a network, which is seen when it is called

        @functools.wraps(made)
        def runs(*args: Any, **kwargs: Any) -> Any:
            watcher.calls_compiled("")
            with watcher.away():
                return made(*args, **kwargs)

        return runs

    yield torch, "compile", compiles
    places = (
        (torch.jit, "trace"), (torch.jit, "trace_module"), (torch.jit, "script"), (torch.export, "export"),
        (torch.fx.Tracer, "trace"),
    )  # fmt: skip
    for owner, name in places:
        yield owner, name, without_us(vars(owner)[name])
