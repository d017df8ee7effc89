"""Which tensor of a network's output holds the logits: one rule, in training and everywhere else."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from glassnet.errors import NetError


def logits_of(output: object) -> torch.Tensor:
    """Find the logits in what a network returned.

    A tensor is itself; of an object or dict with `logits` that is taken (GoogLeNet and Inception in training
    mode, the outputs of transformers); of a tuple or list, the first tensor. Auxiliary outputs beside it are
    not used.

    Args:
        output: What `forward` returned.

    Returns:
        The logits.

    Raises:
        NetError: There is no tensor where the logits should be.

    Example:
        >>> logits_of((torch.zeros(2, 10), torch.ones(2, 512))).shape
        torch.Size([2, 10])
    """
    found = output
    if isinstance(output, Mapping):
        found = output.get("logits")
    elif not isinstance(output, torch.Tensor):
        found = getattr(output, "logits", None)
        if found is None and isinstance(output, tuple | list) and output:
            found = output[0]
    if isinstance(found, torch.Tensor):
        return found
    raise NetError(
        "the network's output is not a tensor of logits",
        got=described(output),
        expected="a tensor N×classes, an object or dict with `logits`, or a tuple that begins with it",
    )


def described(output: object) -> str:
    """Say in a few words what a network returned.

    Args:
        output: What `forward` returned.

    Returns:
        Its type, with shapes, keys or items.

    Example:
        >>> described({"boxes": torch.zeros(4, 4)})
        'dict with boxes: tensor 4×4'
    """
    match output:
        case torch.Tensor():
            return f"tensor {shape_text(output)}"
        case Mapping():
            return f"{type(output).__name__} with " + ", ".join(
                f"{k}: {described(v)}" for k, v in output.items()
            )
        case tuple() | list():
            return f"{type(output).__name__} of ({', '.join(described(item) for item in output)})"
        case None:
            return "None (does forward return its result?)"
        case _:
            return type(output).__name__


def shape_text(tensor: torch.Tensor) -> str:
    """Write a shape as people do.

    Args:
        tensor: Any tensor.

    Returns:
        Its sizes with × between.

    Example:
        >>> shape_text(torch.zeros(2, 3, 28, 28))
        '2×3×28×28'
    """
    return "×".join(map(str, tensor.shape)) or "a single number"
