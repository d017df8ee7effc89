"""A network is left exactly as it was, whatever one forward pass does to it."""

from __future__ import annotations

import random
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.parameter import is_lazy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn


@contextmanager
def untouched(module: nn.Module, *, copy_parameters: bool = True) -> Iterator[None]:
    """Put back, at the end and after an exception, everything that a forward pass may change.

    That is: parameters and buffers (the same tensors with the same bits), every module's mode, hooks and
    other attributes, and the random generators of torch (CPU, and CUDA or MPS where they are in use), NumPy
    and Python. The price is one copy of the parameters and buffers for as long as the block runs. What an
    attribute holds is put back, changes inside it (a list that grew) are not.

    Args:
        module: The network.
        copy_parameters: False where somebody else puts the parameters back; buffers always are.

    Yields:
        Nothing.

    Example:
        >>> layer = torch.nn.BatchNorm1d(3)
        >>> with untouched(layer):
        ...     _ = layer.train()(torch.randn(8, 3))
        >>> layer.running_mean
        tensor([0., 0., 0.])
    """
    attributes = [(part, dict(vars(part)), _containers(part)) for part in module.modules()]
    copied = (*module.parameters(), *module.buffers()) if copy_parameters else tuple(module.buffers())
    tensors = [(tensor, tensor.detach().clone()) for tensor in copied if not is_lazy(tensor)]
    random_states = _random_states()
    try:
        yield
    finally:
        for part, attribute, containers in attributes:
            vars(part).clear()
            vars(part).update(attribute)
            for container, content in containers:
                container.clear()
                container.update(content)
        with torch.no_grad():
            for tensor, content in tensors:
                if not torch.equal(tensor.detach(), content):  # NaN is unequal to itself: copied back, too
                    tensor.detach().copy_(content)
        _restore_random(random_states)


def _containers(part: nn.Module) -> list[tuple[dict, dict]]:
    """Copy a module's own dicts: parameters, buffers, sub-modules, hooks."""
    return [(value, dict(value)) for value in vars(part).values() if isinstance(value, dict)]


def _random_states() -> tuple:
    on_cuda = torch.cuda.is_initialized()
    return (
        random.getstate(),
        np.random.get_state(),  # noqa: NPY002 - the global generator, which a forward pass may use
        torch.get_rng_state(),
        torch.cuda.get_rng_state_all() if on_cuda else None,
        torch.mps.get_rng_state() if torch.backends.mps.is_available() else None,
    )


def _restore_random(states: tuple) -> None:
    python, numpy, cpu, cuda, mps = states
    random.setstate(python)
    np.random.set_state(numpy)  # noqa: NPY002
    torch.set_rng_state(cpu)
    if cuda is not None:
        torch.cuda.set_rng_state_all(cuda)
    if mps is not None:
        torch.mps.set_rng_state(mps)
