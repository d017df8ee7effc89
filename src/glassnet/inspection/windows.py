"""Convolutions, poolings and linear layers as windows: which places of the input each number reads."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from glassnet.trace.trace import Ref

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from glassnet.trace.trace import Op, Trace

Kind = Literal["convolution", "transposed", "max_pool", "avg_pool", "linear"]
Axis = tuple[tuple[tuple[int, int], ...], ...]  # for each place of the output: (place in kernel, in input)

CONVOLUTION = ("input", "weight", "bias", "stride", "padding", "dilation", "groups")
TRANSPOSED = ("input", "weight", "bias", "stride", "padding", "output_padding", "groups", "dilation")
MAX_POOL = ("input", "kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")
AVG_POOL = (
    "input", "kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override",
)  # fmt: skip
KEEP_PLACES = {"flatten", "view", "reshape", "dropout", "relu", "relu_", "squeeze"}  # number by number
SHORT_ROW = 12  # numbers
PLANES_OF_A_BATCH = 4  # axes
LINEAR = ("input", "weight", "bias")
ADAPTIVE = ("input", "output_size", "return_indices")
OPERATIONS: dict[str, tuple[Kind, int, tuple[str, ...]]] = {
    "conv1d": ("convolution", 1, CONVOLUTION),
    "conv2d": ("convolution", 2, CONVOLUTION),
    "conv_transpose1d": ("transposed", 1, TRANSPOSED),
    "conv_transpose2d": ("transposed", 2, TRANSPOSED),
    "max_pool1d": ("max_pool", 1, MAX_POOL),
    "max_pool2d": ("max_pool", 2, MAX_POOL),
    "max_pool1d_with_indices": ("max_pool", 1, MAX_POOL),
    "max_pool2d_with_indices": ("max_pool", 2, MAX_POOL),
    "avg_pool1d": ("avg_pool", 1, AVG_POOL),
    "avg_pool2d": ("avg_pool", 2, AVG_POOL),
    "adaptive_avg_pool1d": ("avg_pool", 1, ADAPTIVE),
    "adaptive_avg_pool2d": ("avg_pool", 2, ADAPTIVE),
    "adaptive_max_pool1d": ("max_pool", 1, ADAPTIVE),
    "adaptive_max_pool2d": ("max_pool", 2, ADAPTIVE),
}


@dataclass(frozen=True, slots=True)
class Term:
    """One place of a window: `value` is None outside the input, `weight` where there is no kernel."""

    channel: int
    kernel: tuple[int, int]
    place: tuple[int, int]
    value: float | None
    weight: float | None


@dataclass(frozen=True, eq=False)
class Windowed:
    """An operation that slides a window over planes; one axis of length 1 is added to signals.

    A linear layer is a window over the whole input, laid out as planes: those that a flatten before it made a
    row of, else one plane as near to a square as its length allows. Each of its outputs is a channel.

    Attributes:
        kind: What is done with the window.
        input: C×H×W.
        weight: O×C/groups×K×K; transposed: C×O/groups×K×K; None for pooling.
        bias: O, or None.
        output: O×H×W, PyTorch's own.
        rows: For each row of the output the rows of kernel and input; outside the input they are negative or
            beyond its last row.
        columns: The same for columns.
        groups: Of a convolution.
        divisor: Of an average: `places` of the window, those `inside` the input, or a number.
        dims: Along how many axes the window moves: 2, 1 for signals, 0 for a linear layer.
    """

    kind: Kind
    input: torch.Tensor
    weight: torch.Tensor | None
    bias: torch.Tensor | None
    output: torch.Tensor
    rows: Axis
    columns: Axis
    groups: int = 1
    divisor: Literal["places", "inside"] | int = "places"
    dims: int = 2

    @property
    def kernel(self) -> tuple[int, int]:
        """Height and width of the kernel; of pooling, of its largest window."""
        if self.weight is not None:
            return self.weight.shape[-2], self.weight.shape[-1]
        return max(len(taps) for taps in self.rows), max(len(taps) for taps in self.columns)

    @property
    def reach(self) -> tuple[range, range]:
        """The rows and columns of the input with the padding that windows touch."""
        height, width = self.input.shape[-2:]
        return _reach(self.rows, height), _reach(self.columns, width)

    def channels_of(self, channel: int) -> range:
        """Tell which channels of the input make a channel of the output.

        Args:
            channel: Of the output.

        Returns:
            Channels of the input.
        """
        if self.weight is None:
            return range(channel, channel + 1)
        per_group = self.input.shape[0] // self.groups
        group = channel // (self.output.shape[0] // self.groups)
        return range(group * per_group, (group + 1) * per_group)

    def terms(self, channel: int, row: int, column: int) -> list[Term]:
        """Give what one number of the output is made of.

        Args:
            channel: Of the output.
            row: Of the output.
            column: Of the output.

        Returns:
            The places of the window, channel by channel, row by row.
        """
        height, width = self.input.shape[-2:]
        found = []
        for source in self.channels_of(channel):
            for kernel_row, y in self.rows[row]:
                for kernel_column, x in self.columns[column]:
                    inside = 0 <= y < height and 0 <= x < width
                    value = float(self.input[source, y, x]) if inside else None
                    weight = self._weight(channel, source, kernel_row, kernel_column)
                    found.append(Term(source, (kernel_row, kernel_column), (y, x), value, weight))
        return found

    def _weight(self, channel: int, source: int, kernel_row: int, kernel_column: int) -> float | None:
        if self.weight is None:
            return None
        if self.kind == "transposed":
            per_group = self.output.shape[0] // self.groups
            return float(self.weight[source, channel % per_group, kernel_row, kernel_column])
        return float(self.weight[channel, source - self.channels_of(channel)[0], kernel_row, kernel_column])

    def value(self, channel: int, row: int, column: int) -> float:
        """Work one number of the output out, in float64.

        Args:
            channel: Of the output.
            row: Of the output.
            column: Of the output.

        Returns:
            The number; PyTorch's own is `output[channel, row, column]`.
        """
        terms = self.terms(channel, row, column)
        inside = [term for term in terms if term.value is not None]
        values = [term.value or 0.0 for term in inside]
        if self.kind == "max_pool":
            return next((value for value in values if value != value), max(values))  # noqa: PLR0124 - NaN
        if self.kind == "avg_pool":
            divisors = {"places": len(terms), "inside": len(inside)}
            return sum(values) / (divisors[self.divisor] if isinstance(self.divisor, str) else self.divisor)
        total = sum(value * (term.weight or 0.0) for value, term in zip(values, inside, strict=True))
        return total + (float(self.bias[channel]) if self.bias is not None else 0.0)


def windowed(trace: Trace, number: int, *, lead: Sequence[int] = ()) -> Windowed | None:
    """Read a recorded convolution or pooling, of one or two dimensions, or a linear layer, as windows.

    Args:
        trace: With the operation's input, parameters and output kept.
        number: Of the operation.
        lead: Which of the batch; for a linear layer, of all axes but the last. What is missing is 0.

    Returns:
        The windows; None for any other operation, or where its tensors were not kept.

    Example:
        >>> import torch
        >>> from glassnet.trace.record import record
        >>> trace = record(torch.nn.MaxPool2d(2), torch.arange(16.0).reshape(1, 1, 4, 4), keep="all")
        >>> windowed(trace, 0).value(0, 1, 1)
        15.0
    """
    op = trace.ops[number]
    if not op.outputs or not {*op.inputs, op.outputs[0]} <= set(trace.kept):
        return None
    if op.name == "linear":
        return _linear(trace, op, lead)
    if op.name not in OPERATIONS:
        return None
    kind, dims, names = OPERATIONS[op.name]
    sample = lead[0] if lead else 0
    given = _arguments(op, names)
    tensors = {name: trace.kept[ref.value].detach() for name, ref in given.items() if isinstance(ref, Ref)}
    source = _planes(tensors["input"], dims, sample)
    output = _planes(trace.kept[op.outputs[0]].detach(), dims, sample)
    weight = tensors.get("weight")
    if weight is not None and dims == 1:
        weight = weight.unsqueeze(-2)
    kernel = tuple(weight.shape[-2:]) if weight is not None else _pair(given.get("kernel_size", 1), dims, 1)
    axes = []
    for axis in range(2):
        length, places = source.shape[1 + axis], output.shape[1 + axis]
        if dims == 1 and axis == 0:
            axes.append((((0, 0),),))
        elif names is ADAPTIVE:
            axes.append(_adaptive(length, places))
        else:
            axes.append(_axis(kind, given, dims, axis, kernel[axis], length, places))
    divisor = given.get("divisor_override") or (
        "places" if given.get("count_include_pad", True) else "inside"
    )
    return Windowed(
        kind, source, weight, tensors.get("bias"), output, axes[0], axes[1],
        int(given.get("groups", 1)), divisor, dims,
    )  # fmt: skip


def _linear(trace: Trace, op: Op, lead: Sequence[int]) -> Windowed:
    given = _arguments(op, LINEAR)
    tensors = {name: trace.kept[ref.value].detach() for name, ref in given.items() if isinstance(ref, Ref)}
    source, output = tensors["input"], trace.kept[op.outputs[0]].detach()
    at = (*lead, *[0] * source.ndim)[: source.ndim - 1]
    shape = _shape_before(trace, given["input"].value, source.shape[-1])
    weight = tensors["weight"].reshape(-1, *shape)
    rows, columns = (tuple((place, place) for place in range(length)) for length in shape[1:])
    return Windowed(
        "linear", source[at].reshape(shape), weight, tensors.get("bias"), output[at].reshape(-1, 1, 1),
        (rows,), (columns,), dims=0,
    )  # fmt: skip


def _shape_before(trace: Trace, value: int, length: int) -> tuple[int, int, int]:
    """Give the planes of which a row was made: what a flatten had, else the factors nearest to a square."""
    made_by = trace.values[value].made_by
    while made_by is not None and trace.ops[made_by].name in KEEP_PLACES:
        before = trace.ops[made_by]
        shape = trace.values[before.inputs[0]].shape
        if len(shape) >= PLANES_OF_A_BATCH and math.prod(shape[-3:]) == length and shape[-2:] != (1, 1):
            return shape[-3], shape[-2], shape[-1]
        made_by = trace.values[before.inputs[0]].made_by
    return 1, *near_square(length)


def near_square(length: int) -> tuple[int, int]:
    """Find the two factors of a number that are nearest to each other; up to 12 in a row.

    Args:
        length: At least 1.

    Returns:
        Rows and columns, not fewer columns than rows.

    Example:
        >>> near_square(120), near_square(10), near_square(13)
        ((10, 12), (1, 10), (1, 13))
    """
    if length <= SHORT_ROW:
        return 1, length
    rows = next(rows for rows in range(math.isqrt(length), 0, -1) if length % rows == 0)
    return rows, length // rows


def _arguments(op: Op, names: Sequence[str]) -> dict:
    return dict(zip(names, op.args, strict=False)) | op.kwargs


def _planes(tensor: torch.Tensor, dims: int, sample: int) -> torch.Tensor:
    """Take one of a batch as C×H×W."""
    one = tensor[sample] if tensor.ndim == dims + 2 else tensor
    return one.unsqueeze(-2) if dims == 1 else one


def _pair(setting: object, dims: int, one: int) -> tuple[int, int]:
    """Give a setting for rows and columns; signals have `one` for the added axis."""
    given = tuple(setting) if isinstance(setting, tuple | list) else (setting,) * dims
    given = given * dims if len(given) == 1 else given
    return (one, *given) if dims == 1 else given  # type: ignore[return-value]


def _axis(kind: Kind, given: dict, dims: int, axis: int, kernel: int, length: int, places: int) -> Axis:
    dilation = _pair(given.get("dilation", 1), dims, 1)[axis]
    stride = given.get("stride")
    if stride is None or stride == ():
        stride = given.get("kernel_size", 1)
    stride = _pair(stride, dims, 1)[axis]
    padding = given.get("padding", 0)
    if isinstance(padding, str):  # PyTorch puts the odd one of `same` at the end
        padding = dilation * (kernel - 1) // 2 if padding == "same" else 0
    else:
        padding = _pair(padding, dims, 0)[axis]
    axis_taps = []
    for place in range(places):
        if kind == "transposed":
            reached = [(tap, place + padding - tap * dilation) for tap in range(kernel)]
            taps = [(tap, at // stride) for tap, at in reached if at % stride == 0]
            taps = [(tap, at) for tap, at in taps if 0 <= at < length]
        else:
            taps = [(tap, place * stride - padding + tap * dilation) for tap in range(kernel)]
        if kind == "avg_pool":  # with ceil_mode a window ends where the padding does
            taps = [(tap, at) for tap, at in taps if at < length + padding]
        axis_taps.append(tuple(taps))
    return tuple(axis_taps)


def _adaptive(length: int, places: int) -> Axis:
    """Windows from ⌊i·length/places⌋ up to, not including, ⌈(i+1)·length/places⌉."""
    starts = [place * length // places for place in range(places)]
    ends = [-(-(place + 1) * length // places) for place in range(places)]
    return tuple(
        tuple((at - start, at) for at in range(start, end)) for start, end in zip(starts, ends, strict=True)
    )


def _reach(axis: Axis, length: int) -> range:
    touched = [at for taps in axis for _, at in taps]
    return range(min([0, *touched]), max([length - 1, *touched]) + 1)
