"""What a training finds and leaves as it was: random generators, PyTorch's settings, signal handlers."""

from __future__ import annotations

import random
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def put_back() -> Iterator[None]:
    """Put the global random generators and PyTorch's settings back at the end, also after an error.

    Yields:
        Nothing.

    Example:
        >>> before = torch.get_rng_state()
        >>> with put_back():
        ...     _ = torch.manual_seed(1)
        >>> torch.equal(before, torch.get_rng_state())
        True
    """
    strict = _strictness()
    cudnn = torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark
    generators = torch.get_rng_state(), random.getstate(), np.random.get_state()  # noqa: NPY002 — the global one
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else None
    try:
        yield
    finally:
        if _strictness() != strict:  # setting it loads PyTorch's compiler, which takes seconds
            torch.use_deterministic_algorithms(strict[0], warn_only=strict[1])
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = cudnn
        torch.set_rng_state(generators[0])
        random.setstate(generators[1])
        np.random.set_state(generators[2])  # noqa: NPY002
        if cuda is not None:
            torch.cuda.set_rng_state_all(cuda)


def _strictness() -> tuple[bool, bool]:
    """Give whether operations must be deterministic, and whether one that is not only warns."""
    return (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )


@contextmanager
def modes_kept(net: object) -> Iterator[None]:
    """Put the training or eval mode of every part of a network back at the end, also after an error.

    Args:
        net: A module; anything else, such as a name, has no modes.

    Yields:
        Nothing.

    Example:
        >>> net = torch.nn.Dropout()
        >>> with modes_kept(net):
        ...     _ = net.eval()
        >>> net.training
        True
    """
    modes = [(part, part.training) for part in net.modules()] if isinstance(net, torch.nn.Module) else []
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode


@contextmanager
def stop_requests() -> Iterator[threading.Event]:
    """Note Ctrl-C and SIGTERM, so that a training ends between two steps; a second one ends it at once.

    Yields:
        Set when one came. In another thread than the main one, which alone gets signals, it never is.
    """
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def note(number: int, _frame: object) -> None:
        stop.set()
        signal.signal(number, before[number])

    before: dict[int, Any] = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, note)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
