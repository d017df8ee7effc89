"""The modules of a network, with their own parameters, as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.nn.parameter import is_lazy

from glassnet.trace.statistics import statistics_of
from glassnet.trace.trace import Module, Parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn

    from glassnet.trace.trace import Statistics


def modules_of(
    net: nn.Module, gradients: Mapping[str, Statistics | None], *, measured: bool, prefix: str = ""
) -> tuple[Module, ...]:
    """List all modules of a network with the parameters that are their own.

    Args:
        net: Any.
        gradients: Statistics of gradients by the parameter's name, where there are some.
        measured: Whether the parameters are measured.
        prefix: Stands before paths and names.

    Returns:
        The modules, the network itself first.

    Example:
        >>> import torch
        >>> [len(module.parameters) for module in modules_of(torch.nn.Linear(2, 3), {}, measured=False)]
        [2]
    """
    first_name: dict[int, str] = {}
    modules = []
    for path, module in net.named_modules():
        own = []
        for name, parameter in module.named_parameters(recurse=False):
            whole = prefix + (f"{path}.{name}" if path else name)
            before = first_name.setdefault(id(parameter), whole)
            own.append(
                Parameter(
                    name=whole,
                    shape=() if is_lazy(parameter) else tuple(parameter.shape),
                    dtype=str(parameter.dtype).removeprefix("torch."),
                    trainable=parameter.requires_grad,
                    shared_with=None if before == whole else before,
                    statistics=statistics_of(parameter) if measured and not is_lazy(parameter) else None,
                    gradient=gradients.get(before),
                )
            )
        place = (prefix + path).removesuffix(".")
        modules.append(Module(place, type(module).__name__, module.extra_repr(), tuple(own), module.training))
    return tuple(modules)
