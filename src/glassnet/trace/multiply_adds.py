"""Multiply-adds of an operation: a literal table from its name to a pure function of its arguments' shapes.

Products that are summed count, one for each pair: convolutions, matrix products, attention, recurrent layers.
Biases, norms, activations and pooling do not. `torch.utils.flop_counter` counts the same, two for each.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Call:
    """What was called with what, and what it returned."""

    args: tuple
    kwargs: dict[str, Any]
    output: Any

    def argument(self, place: int, name: str) -> Any:
        """Give an argument, however it was passed.

        Args:
            place: Among the positional arguments.
            name: As a keyword.

        Returns:
            The argument; None where it was not passed.
        """
        return self.args[place] if place < len(self.args) else self.kwargs.get(name)

    def shape(self, place: int, name: str) -> Shape:
        """Give the shape of an argument that is a tensor.

        Args:
            place: Among the positional arguments.
            name: As a keyword.

        Returns:
            Its sides.
        """
        return tuple(self.argument(place, name).shape)


def multiply_adds(name: str, args: tuple, kwargs: dict[str, Any], output: Any) -> int:
    """Count an operation's multiply-adds.

    Args:
        name: Its short name.
        args: Of the call.
        kwargs: Of the call.
        output: What it returned.

    Returns:
        Multiply-adds; 0 for an operation that is not in `TABLE`.

    Example:
        >>> import torch
        >>> images, kernel = torch.zeros(1, 3, 32, 32), torch.zeros(6, 3, 5, 5)
        >>> multiply_adds("conv2d", (images, kernel), {}, torch.zeros(1, 6, 28, 28))
        352800
    """
    rule = TABLE.get(name.rstrip("_"))
    return 0 if rule is None else rule(Call(args, kwargs, output))


def _convolution(call: Call) -> int:
    return call.output.numel() * math.prod(call.shape(1, "weight")[1:])


def _transposed_convolution(call: Call) -> int:
    return math.prod(call.shape(0, "input")) * math.prod(call.shape(1, "weight")[1:])


def _linear(call: Call) -> int:
    return call.output.numel() * call.shape(1, "weight")[-1]


def _bilinear(call: Call) -> int:
    _, left, right = call.shape(2, "weight")
    return call.output.numel() * left * (right + 1)


def _product(call: Call) -> int:  # matmul, mm, bmm, mv: the last axis of the first is summed over
    return call.output.numel() * call.shape(0, "input")[-1]


def _right_product(call: Call) -> int:  # other.__rmatmul__(self)
    return call.output.numel() * call.shape(1, "other")[-1]


def _dot(call: Call) -> int:
    return math.prod(call.shape(0, "input"))


def _added_product(call: Call) -> int:  # addmm(input, a, b)
    left = (
        call.args[1]
        if len(call.args) > 1
        else next(call.kwargs[n] for n in ("mat1", "mat", "batch1") if n in call.kwargs)
    )
    return call.output.numel() * left.shape[-1]


def _summed_products(call: Call) -> int:  # addbmm(input, a, b): also over the batch
    left = call.args[1] if len(call.args) > 1 else call.kwargs["batch1"]
    return call.output.numel() * left.shape[-1] * left.shape[0]


def _einsum(call: Call) -> int:
    equation, operands = call.args[0], call.args[1:]
    if not isinstance(equation, str):
        return 0
    if len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = operands[0]
    sizes: dict[str, int] = {}
    for letters, tensor in zip(
        equation.replace(" ", "").partition("->")[0].split(","), operands, strict=True
    ):
        before, dots, after = letters.partition("...")
        shape = tuple(tensor.shape)
        sizes.update(zip(before, shape, strict=False))
        sizes.update(zip(after, shape[len(shape) - len(after) :], strict=True))
        hidden = shape[len(before) : len(shape) - len(after)] if dots else ()
        for place, side in enumerate(reversed(hidden)):
            sizes[f"...{place}"] = max(side, sizes.get(f"...{place}", 1))
    return math.prod(sizes.values()) * max(len(operands) - 1, 0)


def _attention(call: Call) -> int:
    query, key, value = call.shape(0, "query"), call.shape(1, "key"), call.shape(2, "value")
    return math.prod(query[:-1]) * key[-2] * (query[-1] + value[-1])


def _multi_head_attention(call: Call) -> int:
    query, key, value = call.shape(0, "query"), call.shape(1, "key"), call.shape(2, "value")
    batch = math.prod(query[1:-1])  # length × batch × width, or length × width
    width = call.argument(3, "embed_dim_to_check")
    projections = batch * (query[0] * query[-1] + key[0] * key[-1] + value[0] * value[-1]) * width
    return projections + 2 * batch * query[0] * key[0] * width + batch * query[0] * width * width


def _recurrent(call: Call) -> int:
    packed = call.args[1] if not isinstance(call.args[1], list | tuple) and call.args[1].dim() == 1 else None
    weights = call.args[3] if packed is not None else call.args[2]
    steps = math.prod(call.args[0].shape[:-1])  # time × batch; a packed input holds them in one axis
    return steps * sum(weight.numel() for weight in weights if weight.dim() > 1)


def _cell(call: Call) -> int:
    pictures = math.prod(call.args[0].shape[:-1])
    return pictures * (call.args[2].numel() + call.args[3].numel())


TABLE = {
    "conv1d": _convolution,
    "conv2d": _convolution,
    "conv3d": _convolution,
    "conv_transpose1d": _transposed_convolution,
    "conv_transpose2d": _transposed_convolution,
    "conv_transpose3d": _transposed_convolution,
    "linear": _linear,
    "bilinear": _bilinear,
    "matmul": _product,
    "rmatmul": _right_product,
    "mm": _product,
    "bmm": _product,
    "mv": _product,
    "dot": _dot,
    "vdot": _dot,
    "inner": _product,
    "addmm": _added_product,
    "addmv": _added_product,
    "baddbmm": _added_product,
    "addbmm": _summed_products,
    "einsum": _einsum,
    "scaled_dot_product_attention": _attention,
    "multi_head_attention_forward": _multi_head_attention,
    "lstm": _recurrent,
    "gru": _recurrent,
    "rnn_tanh": _recurrent,
    "rnn_relu": _recurrent,
    "lstm_cell": _cell,
    "gru_cell": _cell,
    "rnn_tanh_cell": _cell,
    "rnn_relu_cell": _cell,
}
