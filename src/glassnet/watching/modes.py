"""Where the recorder stands among PyTorch's function modes: below a person's own.

A mode that a block opens is taken from the top when the block ends, whatever lies there; so nothing of ours
may lie above it. Only the one of `torch.set_default_device` has to stay the lowest of all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.overrides import (
    _get_current_function_mode_stack,  # pyright: ignore[reportPrivateUsage] — what DeviceContext itself uses
    _pop_mode,  # pyright: ignore[reportPrivateUsage]
    _push_mode,  # pyright: ignore[reportPrivateUsage]
)

if TYPE_CHECKING:
    from torch.overrides import TorchFunctionMode


def put_below(mode: TorchFunctionMode) -> None:
    """Turn a mode on, below those that are on.

    Args:
        mode: Ours.
    """
    others = _get_current_function_mode_stack()
    default = getattr(getattr(torch, "_GLOBAL_DEVICE_CONTEXT", None), "device_context", None)
    place = 1 if others and others[0] is default else 0
    _restack([*others[:place], mode, *others[place:]])


def take_out(mode: TorchFunctionMode) -> bool:
    """Turn a mode off, wherever it lies.

    Args:
        mode: Ours.

    Returns:
        False where it is not there: its own handler is running, and it will be back after that.
    """
    modes = _get_current_function_mode_stack()
    if mode not in modes:
        return False
    _restack([other for other in modes if other is not mode])
    return True


def is_alone(mode: TorchFunctionMode) -> bool:
    """Tell whether a mode is the only one that is on.

    Args:
        mode: Ours.

    Returns:
        Whether it is.
    """
    return _get_current_function_mode_stack() == [mode]


def _restack(modes: list[TorchFunctionMode]) -> None:
    for _ in _get_current_function_mode_stack():
        _pop_mode()
    for mode in modes:
        _push_mode(mode)
