"""Which value a tensor is at this moment: known by its identity and its version."""

from __future__ import annotations

import math
import weakref
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch

from glassnet.trace.statistics import statistics_of
from glassnet.trace.trace import Kind, Statistics, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import nn


@dataclass(slots=True)
class Held:
    """A tensor that is known. The reference is weak: watching keeps nothing alive."""

    tensor: weakref.ref
    version: int
    value: int


# they read parameters and cannot write into them; every other function might, or gives away a view
READERS = {
    "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "linear",
    "batch_norm", "layer_norm", "group_norm", "instance_norm", "matmul", "mm", "bmm", "addmm", "add", "mul",
    "sub", "div", "cat", "multi_head_attention_forward", "prelu", "lstm", "gru", "size",
}  # fmt: skip


class Tensors:
    """The values of a pass while it runs.

    `values` is their list; gradients are added to it when the backward pass brings them. A tensor that is
    met for the first time is a parameter, a buffer, or a constant.

    Args:
        network: Its parameters and buffers get their names.
        keep: Whether a copy of every value is kept; parameters are kept as they are.
        gradients: Whether values are watched for their gradient.
    """

    def __init__(self, network: nn.Module, *, keep: bool, gradients: bool) -> None:
        self.values: list[Value] = []
        self.gradients: dict[int, Statistics | None] = {}
        self.kept: dict[int, torch.Tensor] = {}
        self.kept_gradients: dict[int, torch.Tensor] = {}
        self._keep, self._gradients = keep, gradients
        self.outside = True  # whether no module is running
        self.keep_outside = 0  # values outside modules are kept, up to so many numbers of each
        self._held: dict[int, Held] = {}
        self._writers: dict[int, int] = {}
        self._names: dict[int, tuple[torch.Tensor, Kind, str]] = {}
        self._parameters: dict[int, list[torch.Tensor]] = {}
        for parameter in network.parameters():
            self._parameters.setdefault(memory_of(parameter), []).append(parameter)
        self._saved: list[tuple[torch.Tensor, torch.Tensor]] = []
        self.name_all(network, "", registered=True)

    def protect(self, given: Iterable[torch.Tensor]) -> None:
        """Copy the parameters among some tensors, or in their memory, before something may write into them.

        Args:
            given: Arguments of a function that is not among `READERS`.
        """
        for tensor in given:
            for parameter in self._parameters.pop(memory_of(tensor), ()):
                self._saved.append((parameter, parameter.detach().clone()))

    def put_back(self) -> None:
        """Undo what was written into parameters since `protect`."""
        with torch.no_grad():
            for parameter, content in self._saved:
                if not torch.equal(parameter.detach(), content):
                    parameter.detach().copy_(content)

    def name_all(self, module: nn.Module, path: str, *, registered: bool) -> None:
        """Name the parameters and buffers of a module.

        Args:
            module: The network or a part of it.
            path: Of the module.
            registered: False for a module in no other's list: what it holds counts as constants.
        """
        prefix = f"{path}." if path else ""
        for name, tensor in module.named_parameters(remove_duplicate=False):
            kind: Kind = "parameter" if registered else "constant"
            self._names.setdefault(id(tensor), (tensor, kind, prefix + name))
        for name, tensor in module.named_buffers(remove_duplicate=False):
            kind = "buffer" if registered else "constant"
            self._names.setdefault(id(tensor), (tensor, kind, prefix + name))

    def name(self, tensor: torch.Tensor, name: str) -> None:
        """Name a tensor that is an attribute of a module, without being registered there.

        Args:
            tensor: Any.
            name: Path of the module and name of the attribute.
        """
        self._names.setdefault(id(tensor), (tensor, "constant", name))

    def known(self, tensor: torch.Tensor) -> bool:
        """Tell whether a tensor has been met, or has a name.

        Args:
            tensor: Any.

        Returns:
            Whether it is.
        """
        held = self._held.get(id(tensor))
        return (held is not None and held.tensor() is tensor) or id(tensor) in self._names

    def read(self, tensor: torch.Tensor) -> int:
        """Give the value that a tensor is now.

        Args:
            tensor: Any.

        Returns:
            The number of its value, a new one where it was not known or was written into by another name.
        """
        held = self._held.get(id(tensor))
        if held is not None and held.tensor() is tensor:
            if held.version == version_of(tensor):
                return held.value
            old, writer = self.values[held.value], self._writers.get(memory_of(tensor))
            if writer is not None:  # a view of it was written into
                return self.add(tensor, "result", f"{old.name}, written", made_by=writer, shares=True)
            return self.add(tensor, "constant", f"{old.name}, changed unseen")
        _, kind, name = self._names.get(id(tensor), (None, "constant", "constant"))
        return self.add(tensor, kind, name)

    def add(
        self,
        tensor: torch.Tensor,
        kind: Kind,
        name: str,
        *,
        made_by: int | None = None,
        shares: bool = False,
        like: int | None = None,
    ) -> int:
        """Begin a new value.

        Args:
            tensor: The tensor, as it is now.
            kind: Of the value.
            name: Of the value.
            made_by: The operation that made it.
            shares: Whether its memory is another value's, too.
            like: A value that has the same elements where it has as many, whose statistics hold for both.

        Returns:
            The number of the value.
        """
        number = len(self.values)
        shape, dtype = tuple(tensor.shape), str(tensor.dtype).removeprefix("torch.")
        twin = None if like is None else self.values[like]
        if twin is not None and twin.dtype == dtype and math.prod(twin.shape) == tensor.numel():
            numbers = twin.statistics
        else:
            numbers = None if kind == "parameter" else statistics_of(tensor)
        size = 0 if shares else tensor.numel() * tensor.element_size()
        self.values.append(
            Value(
                number,
                kind,
                name,
                shape,
                dtype,
                str(tensor.device),
                made_by,
                tensor.requires_grad,
                size,
                numbers,
            )
        )
        self._held[id(tensor)] = Held(weakref.ref(tensor), version_of(tensor), number)
        if self._keep:
            self.keep(tensor, number)
        elif self.keep_outside and self.outside and kind != "parameter":
            self.keep_first(tensor, number, self.keep_outside)
        if self._gradients and tensor.grad_fn is not None:
            tensor.register_hook(partial(self.add_gradient, number))
        return number

    def written(self, tensor: torch.Tensor, op: int) -> None:
        """Remember which operation wrote into a tensor's memory, for other tensors that share it.

        Args:
            tensor: What was written into.
            op: The operation.
        """
        self._writers[memory_of(tensor)] = op

    def keep(self, tensor: torch.Tensor, number: int) -> None:
        """Keep a copy of a value; a parameter itself.

        Args:
            tensor: The tensor, as it is now.
            number: Of its value.
        """
        kind = self.values[number].kind
        self.kept[number] = tensor.detach() if kind == "parameter" else tensor.detach().clone()

    def keep_first(self, tensor: torch.Tensor, number: int, num_numbers: int) -> None:
        """Keep a copy of a value, or of its first samples where it is large.

        Args:
            tensor: The tensor, as it is now.
            number: Of its value.
            num_numbers: As many as are copied at most.
        """
        if number in self.kept or tensor.layout != torch.strided or tensor.is_meta or tensor.is_quantized:
            return
        if tensor.numel() > num_numbers:
            if tensor.dim() < 2 or tensor[0].numel() > num_numbers:  # noqa: PLR2004
                return
            tensor = tensor[: num_numbers // tensor[0].numel()]
        self.kept[number] = tensor.detach().clone()

    def add_gradient(self, number: int, gradient: torch.Tensor) -> None:
        """Note the gradient of a value.

        Args:
            number: Of the value.
            gradient: Of the loss by it, of its shape.
        """
        self.gradients[number] = statistics_of(gradient)
        if number in self.kept:
            self.kept_gradients[number] = gradient.detach().clone()


def version_of(tensor: torch.Tensor) -> int:
    """Give how often a tensor's memory has been written into.

    Args:
        tensor: Any.

    Returns:
        PyTorch's count; 0 under `torch.inference_mode`, where it does not count.

    Example:
        >>> version_of(torch.zeros(2).add_(1))
        1
    """
    return 0 if tensor.is_inference() else tensor._version  # noqa: SLF001 — PyTorch's only counter of writes


def memory_of(tensor: torch.Tensor) -> int:
    """Give a number that tensors have in common which share memory.

    Args:
        tensor: Any.

    Returns:
        An address, or the tensor's identity where it has no memory of its own.

    Example:
        >>> one = torch.zeros(2, 3)
        >>> memory_of(one) == memory_of(one[0]), memory_of(one) == memory_of(one.clone())
        (True, False)
    """
    if tensor.layout != torch.strided:
        return id(tensor)
    return tensor.untyped_storage().data_ptr() or id(tensor)
