"""PyTorch's optimizers, the same but that they do not load its compiler, most of a second of every start.

PyTorch wraps `step` and `add_param_group` so that `torch.compile` leaves them alone, and the wrappers import
the compiler. Beneath them stand the same functions. `SGD` also calls PyTorch's fused kernel itself: what its
`step` does around it takes 35 of the 800 µs of a small network's step (measured).
"""

from __future__ import annotations

import inspect
from typing import Any

import torch

add_param_group = inspect.unwrap(torch.optim.Optimizer.add_param_group)


def momentum_buffer(optimizer: torch.optim.Optimizer, parameter: torch.Tensor) -> torch.Tensor:
    """Give the running sum of a parameter's gradients.

    Args:
        optimizer: Keeps it.
        parameter: Of the optimizer.

    Returns:
        The sum, of the parameter's shape; zero at first.

    Example:
        >>> weight = torch.nn.Parameter(torch.ones(2))
        >>> momentum_buffer(SGD([weight]), weight)
        tensor([0., 0.])
    """
    state = optimizer.state[parameter]
    if not state:
        state["momentum_buffer"] = torch.zeros_like(parameter)
    return state["momentum_buffer"]


class SGD(torch.optim.SGD):
    """`torch.optim.SGD` with `fused=True`: the same bits, parameters of one number type and on one device.

    Args:
        params: Parameters, or groups of them.
        lr: Learning rate.
        momentum: Of the gradient's running sum.
        weight_decay: Share of a parameter that is added to its gradient.
        nesterov: Nesterov's form of momentum.

    Example:
        >>> weight = torch.nn.Parameter(torch.ones(2))
        >>> optimizer = SGD([weight], lr=0.5)
        >>> weight.sum().backward()
        >>> optimizer.step()
        >>> weight.tolist()
        [0.5, 0.5]
    """

    add_param_group = add_param_group

    def __init__(
        self,
        params: Any,
        lr: float = 0.001,
        *,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        """Keep the settings."""
        super().__init__(
            params, lr, momentum=momentum, weight_decay=weight_decay, nesterov=nesterov, fused=True
        )

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Take one step.

        Args:
            closure: Not taken: the gradients must be there.
        """
        if closure is not None:
            raise ValueError("this SGD takes no closure")
        for group in self.param_groups:
            params = [parameter for parameter in group["params"] if parameter.grad is not None]
            momentum, sums = group["momentum"], []
            if momentum:
                sums = [momentum_buffer(self, parameter) for parameter in params]
            if params:
                torch._fused_sgd_(  # pyright: ignore[reportPrivateImportUsage]
                    params, [parameter.grad for parameter in params], sums, lr=group["lr"], momentum=momentum,
                    weight_decay=group["weight_decay"], nesterov=group["nesterov"],
                    dampening=0.0, maximize=False, is_first_step=False,
                )  # fmt: skip


class Adam(torch.optim.Adam):
    """`torch.optim.Adam`."""

    add_param_group = add_param_group
    step = torch.no_grad()(inspect.unwrap(torch.optim.Adam.step))


class AdamW(torch.optim.AdamW):
    """`torch.optim.AdamW`."""

    add_param_group = add_param_group
    step = torch.no_grad()(inspect.unwrap(torch.optim.AdamW.step))
