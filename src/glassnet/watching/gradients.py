"""Whether the gradients that an optimizer uses are those of its own step, or older ones too.

Seen by their state, so that every way to clear them counts: what is None or all zero has been cleared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

NUM_PROBED = 6  # parameters of each optimizer that are looked at: the smallest, so it costs nothing


class Gradients:
    """Follows the gradients of one optimizer from step to step.

    Args:
        optimizer: Any.
    """

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self._optimizer = optimizer
        self._used: dict[int, bool] = {}  # parameter -> whether its gradient was used by a step already
        self.num_backward = 0  # since the last step

    @property
    def first(self) -> torch.Tensor | None:
        """The first of the parameters."""
        return next((p for group in self._optimizer.param_groups for p in group["params"]), None)

    def before_backward(self) -> None:
        """Note which gradients have been cleared since the last step."""
        for parameter in self._probed():
            if self._used.get(id(parameter)) and not has_gradient(parameter):
                self._used[id(parameter)] = False

    def at_step(self) -> tuple[bool, bool]:
        """Tell what a step is going to use.

        Returns:
            Whether gradients of an earlier step are still in, and whether there is no gradient but zeros.
        """
        self.before_backward()
        probed = self._probed()
        carried = any(self._used.get(id(parameter)) for parameter in probed)
        if any(has_gradient(parameter) for parameter in probed):
            return carried, False
        parameters = [p for group in self._optimizer.param_groups for p in group["params"]]
        return carried, not any(has_gradient(parameter) for parameter in parameters)

    def after_step(self) -> None:
        """Note which gradients were used."""
        for parameter in self._probed():
            self._used[id(parameter)] = has_gradient(parameter)
        self.num_backward = 0

    def any_nonzero(self) -> bool:
        """Tell whether any of the looked-at parameters has a gradient that is not zero.

        Returns:
            Whether there is one.
        """
        return any(has_gradient(parameter) for parameter in self._probed())

    def _probed(self) -> list[torch.Tensor]:
        parameters = [p for group in self._optimizer.param_groups for p in group["params"] if p.requires_grad]
        return sorted(parameters, key=lambda parameter: parameter.numel())[:NUM_PROBED]


def has_gradient(parameter: torch.Tensor) -> bool:
    """Tell whether a parameter has a gradient that is not all zero.

    Args:
        parameter: Any leaf.

    Returns:
        Whether it has.

    Example:
        >>> import torch
        >>> has_gradient(torch.zeros(2, requires_grad=True))
        False
    """
    gradient = parameter.grad
    if gradient is None:
        return False
    if gradient.is_sparse:
        gradient = gradient.coalesce().values()
    return bool(gradient.detach().any())
