"""Names of PyTorch's functions as a person writes them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# where PyTorch keeps functions whose own module is an internal one -> (as it is written, prefix to drop)
INTERNAL = {
    "torch._C._nn": ("torch.nn.functional", ""),
    "torch._C._fft": ("torch.fft", "fft_"),
    "torch._C._linalg": ("torch.linalg", "linalg_"),
    "torch._C._special": ("torch.special", "special_"),
    "torch.functional": ("torch", ""),
}


def short_name(function: Callable) -> str:
    """Give a function's name without double underscores: `conv2d`, `add_`, `getitem`, `T`.

    Args:
        function: One of PyTorch, as a `TorchFunctionMode` gets it.

    Returns:
        The name; of a property's getter that of the property.

    Example:
        >>> import torch
        >>> short_name(torch.Tensor.__getitem__), short_name(torch.Tensor.T.__get__)
        ('getitem', 'T')
    """
    name = function.__name__
    if name == "__get__":
        name = getattr(function, "__self__", function).__name__
    return name[2:-2] if name.startswith("__") and name.endswith("__") else name


@lru_cache(maxsize=4096)
def whole_name(function: Callable) -> str:
    """Give a function's whole name: `torch.conv2d`, `torch.nn.functional.relu`, `torch.Tensor.add_`.

    Args:
        function: One of PyTorch, as a `TorchFunctionMode` gets it.

    Returns:
        The name under which a person would call it.

    Example:
        >>> import torch
        >>> whole_name(torch.conv2d), whole_name(torch.Tensor.add_), whole_name(torch.nn.functional.gelu)
        ('torch.conv2d', 'torch.Tensor.add_', 'torch.nn.functional.gelu')
    """
    name = function.__name__
    if name == "__get__":
        return f"torch.Tensor.{short_name(function)}"
    module = getattr(function, "__module__", None) or ""
    if module in INTERNAL:
        written, prefix = INTERNAL[module]
        return f"{written}.{name.removeprefix(prefix)}"
    kind = getattr(function, "__qualname__", "").partition(".")[0]
    if kind in {"TensorBase", "Tensor"}:
        return f"torch.Tensor.{name}"
    return f"{module or 'torch'}.{name}"
