"""Tensors inside what functions take and return: lists, tuples, dicts, slices, dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import torch

from glassnet.trace.trace import Ref

if TYPE_CHECKING:
    from collections.abc import Callable


def tensors_in(content: object) -> list[torch.Tensor]:
    """List the tensors in something, in order.

    Args:
        content: Anything.

    Returns:
        Each tensor as often as it occurs.

    Example:
        >>> one = torch.ones(1)
        >>> len(tensors_in({"logits": one, "parts": [one, 3, (one,)]}))
        3
    """
    found: list[torch.Tensor] = []
    _collect(content, found)
    return found


def _collect(content: Any, found: list[torch.Tensor]) -> None:
    if isinstance(content, torch.Tensor):
        found.append(content)
    elif isinstance(content, list | tuple):
        for part in content:
            _collect(part, found)
    elif isinstance(content, Mapping):
        for part in content.values():
            _collect(part, found)
    elif isinstance(content, slice):
        _collect((content.start, content.stop, content.step), found)
    elif is_dataclass(content) and not isinstance(content, type):
        for part in fields(content):
            _collect(getattr(content, part.name), found)


def with_refs(content: Any, number_of: Callable[[torch.Tensor], int]) -> Any:
    """Copy something with a `Ref` in place of every tensor.

    Args:
        content: Anything; a dataclass that holds tensors becomes a dict.
        number_of: Gives a tensor's value.

    Returns:
        The same shape of lists, tuples, dicts and slices; other objects as they are.

    Example:
        >>> with_refs([torch.ones(1), 3], lambda tensor: 7)
        [Ref(value=7), 3]
    """
    if isinstance(content, torch.Tensor):
        return Ref(number_of(content))
    if isinstance(content, list | tuple | slice):
        return _rebuilt(content, lambda part: with_refs(part, number_of))
    if is_dataclass(content) and not isinstance(content, type | Ref):
        content = {part.name: getattr(content, part.name) for part in fields(content)}
    if isinstance(content, Mapping):
        return {key: with_refs(part, number_of) for key, part in content.items()}
    return content


def with_tensors(content: Any, tensor_of: Callable[[int], torch.Tensor]) -> Any:
    """Put tensors back where `with_refs` took them out.

    Args:
        content: From `with_refs`.
        tensor_of: Gives the tensor of a value.

    Returns:
        The same with tensors.

    Example:
        >>> with_tensors([Ref(7), 3], lambda value: torch.tensor(value))
        [tensor(7), 3]
    """
    if isinstance(content, Ref):
        return tensor_of(content.value)
    if isinstance(content, list | tuple | slice):
        return _rebuilt(content, lambda part: with_tensors(part, tensor_of))
    if isinstance(content, dict):
        return {key: with_tensors(part, tensor_of) for key, part in content.items()}
    return content


def _rebuilt(content: list | tuple | slice, change: Callable[[Any], Any]) -> list | tuple | slice:
    if isinstance(content, slice):
        return slice(change(content.start), change(content.stop), change(content.step))
    parts = [change(part) for part in content]
    return parts if isinstance(content, list) else tuple(parts)
