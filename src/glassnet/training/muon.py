"""Muon for convolutions: steps of orthogonal matrices."""

from __future__ import annotations

from typing import Any

import torch

from glassnet.training.without_compiler import add_param_group, momentum_buffer


def orthogonalize(
    matrices: torch.Tensor, *, rounds: int = 3, dtype: torch.dtype = torch.float32
) -> torch.Tensor:
    """Bring all singular values of a matrix near 1, by Newton and Schulz's iteration.

    Args:
        matrices: float32, m×n.
        rounds: Of the iteration; each costs three products of min(m, n)² · max(m, n).
        dtype: Of the products; bfloat16 is enough, as the source has it.

    Returns:
        float32, m×n, the singular vectors kept.

    Source:
        Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/, the polynomial's coefficients too.

    Example:
        >>> orthogonalize(torch.diag(torch.tensor([3.0, 2.0]))).diagonal().round(decimals=1)
        tensor([1.0000, 0.8000])
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrices.size(0) > matrices.size(1)
    x = matrices.T if tall else matrices
    x = (x / (x.norm() + 1e-7)).to(dtype)
    for _ in range(rounds):
        square = x @ x.T
        x = torch.addmm(x, torch.addmm(square, square, square, beta=b, alpha=c), x, beta=a)
    return (x.T if tall else x).to(matrices.dtype)


class Muon(torch.optim.Optimizer):
    """Momentum whose step is made orthogonal; each kernel is held at a norm of the root of its outputs.

    Args:
        params: Parameters of two or more dimensions, the first the outputs; the others are taken as one.
        lr: Length of a step.
        momentum: Of the gradient's running sum (Nesterov's form).
        rounds: Of `orthogonalize`.
        dtype: Of its products.
    """

    add_param_group = add_param_group

    def __init__(
        self,
        params: Any,
        lr: float = 0.1,
        momentum: float = 0.6,
        rounds: int = 3,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        """Keep the settings."""
        super().__init__(params, {"lr": lr, "momentum": momentum, "rounds": rounds, "dtype": dtype})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Take one step.

        Args:
            closure: Not taken: the gradients must be there.
        """
        if closure is not None:
            raise ValueError("Muon takes no closure")
        for group in self.param_groups:
            for kernel in group["params"]:
                if kernel.grad is None:
                    continue
                running = momentum_buffer(self, kernel).mul_(group["momentum"]).add_(kernel.grad)
                towards = kernel.grad.add(running, alpha=group["momentum"]).flatten(1)
                kernel.mul_(len(kernel) ** 0.5 / (kernel.norm() + 1e-7))
                step = orthogonalize(towards, rounds=group["rounds"], dtype=group["dtype"])
                kernel.sub_(step.view_as(kernel), alpha=group["lr"])
