"""Proof that a recording misses nothing: PyTorch's low-level operations are counted beside it.

A `TorchDispatchMode` sees each low-level (ATen) operation that any code asks for. Each must run inside an
operation that the recorder has written down.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from glassnet.nets.untouched import untouched
from glassnet.trace.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn


@dataclass(frozen=True)
class Completeness:
    """What one forward pass asked of PyTorch.

    `num_low_level` counts low-level operations, `num_inside` those inside a recorded one; `outside` names the
    others, with how often each ran, and is empty where the recording is complete.
    """

    num_low_level: int
    num_inside: int
    outside: dict[str, int]


class _Counting(TorchDispatchMode):
    """Counts low-level operations inside and outside of what the recorder knows."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self.num_inside = 0
        self.outside: Counter[str] = Counter()
        self._recorder = recorder

    def __torch_dispatch__(
        self, func: Callable, types: object, args: tuple = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if not self._recorder.own_work:
            if self._recorder.running is not None:
                self.num_inside += 1
            else:
                self.outside[str(func)] += 1
        return func(*args, **(kwargs or {}))


def completeness(net: nn.Module, *inputs: Any) -> Completeness:
    """Count the low-level operations of one forward pass, inside and outside of recorded operations.

    Args:
        net: Any `nn.Module`; it is left as it was.
        inputs: What it is called with.

    Returns:
        The counts.

    Raises:
        Exception: Whatever the network raises.

    Example:
        >>> completeness(torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU()), torch.zeros(1, 3))
        Completeness(num_low_level=3, num_inside=3, outside={})
    """
    recorder = Recorder(net, keep="nothing", gradients=False)
    counting = _Counting(recorder)
    with untouched(net), torch.no_grad(), counting, recorder:
        net(*inputs)
    outside = dict(counting.outside)
    return Completeness(counting.num_inside + sum(outside.values()), counting.num_inside, outside)
