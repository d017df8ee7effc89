"""PyTorch's optimizers, the same but that they do not load its compiler, most of a second of every start.

PyTorch wraps `step` and `add_param_group` so that `torch.compile` leaves them alone, and the wrappers import
the compiler. Beneath them stand the same functions.
"""

from __future__ import annotations

import inspect

import torch

add_param_group = inspect.unwrap(torch.optim.Optimizer.add_param_group)


class SGD(torch.optim.SGD):
    """`torch.optim.SGD`.

    Example:
        >>> weight = torch.nn.Parameter(torch.ones(2))
        >>> optimizer = SGD([weight], lr=0.5)
        >>> weight.sum().backward()
        >>> optimizer.step()
        >>> weight.tolist()
        [0.5, 0.5]
    """

    add_param_group = add_param_group
    step = torch.no_grad()(inspect.unwrap(torch.optim.SGD.step))


class Adam(torch.optim.Adam):
    """`torch.optim.Adam`."""

    add_param_group = add_param_group
    step = torch.no_grad()(inspect.unwrap(torch.optim.Adam.step))


class AdamW(torch.optim.AdamW):
    """`torch.optim.AdamW`."""

    add_param_group = add_param_group
    step = torch.no_grad()(inspect.unwrap(torch.optim.AdamW.step))
