"""How the shape of an operation's result follows from its input: the formula, worked out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from glassnet.inspection.arguments import Call, pair, refs_in
from glassnet.inspection.axes import RESHAPES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from glassnet.trace.trace import Op, Trace

Shape = tuple[int, ...]
AXES = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}


@dataclass(frozen=True, slots=True)
class Size:
    """How a shape comes about.

    Attributes:
        kind: The key of its text: `window`, `keeps`, `flattens`, ….
        formula: In symbols, where there is one: `⌊(H + 2·padding − dilation·(kernel − 1) − 1)/stride⌋ + 1`.
        worked: The same with its numbers, once for each axis that differs: `⌊(32 + …)/1⌋ + 1 = 28`.
        axes: Names of the axes that `worked` stands for: `H, W`, one entry for each of `worked`.
        fields: Named parts of the text.
    """

    kind: str
    formula: str = ""
    worked: tuple[str, ...] = ()
    axes: tuple[str, ...] = ()
    fields: Mapping[str, object] = field(default_factory=dict)


def size_of(op: Op, trace: Trace) -> Size | None:
    """Say how an operation's first output gets its shape.

    Args:
        op: The operation.
        trace: That it stands in.

    Returns:
        The formula worked out for convolutions, pooling, transposed convolutions and the like; what is done
        to the shape for others; None where it is not known or the operation gives no tensor.

    Example:
        >>> import torch
        >>> from glassnet.trace.record import record
        >>> trace = record(torch.nn.Conv2d(3, 6, 5, padding=2), torch.zeros(1, 3, 32, 32))
        >>> size_of(trace.ops[0], trace).worked
        ('⌊(32 + 2·2 − 1·(5 − 1) − 1)/1⌋ + 1 = 32',)
    """
    if not op.outputs:
        return None
    call = Call(trace, op)
    rule = SIZES_BY_FUNCTION.get(op.function) or SIZES.get(call.name)
    if rule is not None:
        return rule(call)
    given = [trace.values[number].shape for number in op.inputs if trace.values[number].kind != "parameter"]
    if call.output in given:
        return Size("keeps")
    return None


@dataclass(frozen=True, slots=True)
class Window:
    """A window that slides along one axis."""

    kernel: int
    stride: int
    before: int
    after: int
    dilation: int
    ceil: bool = False

    def size(self, side: int) -> int:
        """Give the size that comes out.

        Args:
            side: The size that goes in.

        Returns:
            The number of windows; with `ceil` the last may reach over the edge, but starts inside.

        Example:
            >>> Window(3, 3, 0, 0, 1, ceil=True).size(5)
            2
        """
        span = side + self.before + self.after - self.dilation * (self.kernel - 1) - 1
        windows = (math.ceil(span / self.stride) if self.ceil else span // self.stride) + 1
        if self.ceil and (windows - 1) * self.stride >= side + self.before:
            windows -= 1
        return windows

    def worked(self, side: int) -> str:
        """Write the formula with its numbers.

        Args:
            side: The size that goes in.

        Returns:
            Such as `⌊(32 + 2·2 − 1·(5 − 1) − 1)/1⌋ + 1 = 32`.
        """
        padding = f"2·{self.before}" if self.before == self.after else f"{self.before} + {self.after}"
        inside = f"({side} + {padding} − {self.dilation}·({self.kernel} − 1) − 1)/{self.stride}"
        rounded = f"⌈{inside}⌉ + 1" if self.ceil else f"⌊{inside}⌋ + 1"
        size = self.size(side)
        span = side + self.before + self.after - self.dilation * (self.kernel - 1) - 1
        cut = self.ceil and math.ceil(span / self.stride) + 1 > size
        return f"{rounded} − 1 = {size}" if cut else f"{rounded} = {size}"


FORMULA = "⌊({H} + 2·padding − dilation·(kernel − 1) − 1)/stride⌋ + 1"


def windows_of(call: Call) -> tuple[Window, ...] | None:
    """Read the windows of a convolution, pooling or unfolding from its arguments.

    Args:
        call: The operation.

    Returns:
        One for each spatial axis; None for operations without windows.
    """
    read = WINDOWS_BY_FUNCTION.get(call.op.function) or WINDOWS.get(call.name)
    return None if read is None else read(call)


def _conv_windows(call: Call) -> tuple[Window, ...]:
    kernels = call.shape(1, "weight")[2:]
    axes = len(kernels)
    strides, dilations = (
        pair(call.argument(3, "stride", 1), axes),
        pair(call.argument(5, "dilation", 1), axes),
    )
    padding = call.argument(4, "padding", 0)
    if isinstance(padding, str):
        totals = [d * (k - 1) if padding == "same" else 0 for k, d in zip(kernels, dilations, strict=True)]
        sides = [(total // 2, total - total // 2) for total in totals]
    else:
        sides = [(side, side) for side in pair(padding, axes)]
    return tuple(
        Window(kernel, stride, before, after, dilation)
        for kernel, stride, (before, after), dilation in zip(kernels, strides, sides, dilations, strict=True)
    )


def _max_pool_windows(call: Call) -> tuple[Window, ...]:
    axes = _pool_axes(call)
    kernels = pair(call.argument(1, "kernel_size"), axes)
    strides = pair(call.argument(2, "stride"), axes, kernels)
    paddings, dilations = (
        pair(call.argument(3, "padding", 0), axes),
        pair(call.argument(4, "dilation", 1), axes),
    )
    ceil = bool(call.argument(5, "ceil_mode", default=False))
    return tuple(
        Window(kernel, stride, side, side, dilation, ceil)
        for kernel, stride, side, dilation in zip(kernels, strides, paddings, dilations, strict=True)
    )


def _average_pool_windows(call: Call) -> tuple[Window, ...]:
    axes = _pool_axes(call)
    kernels = pair(call.argument(1, "kernel_size"), axes)
    strides = pair(call.argument(2, "stride"), axes, kernels)
    paddings = pair(call.argument(3, "padding", 0), axes)
    ceil = bool(call.argument(4, "ceil_mode", default=False))
    return tuple(
        Window(kernel, stride, side, side, 1, ceil)
        for kernel, stride, side in zip(kernels, strides, paddings, strict=True)
    )


def _power_pool_windows(call: Call) -> tuple[Window, ...]:
    axes = _pool_axes(call)
    kernels = pair(call.argument(2, "kernel_size"), axes)
    strides = pair(call.argument(3, "stride"), axes, kernels)
    ceil = bool(call.argument(4, "ceil_mode", default=False))
    return tuple(Window(k, s, 0, 0, 1, ceil) for k, s in zip(kernels, strides, strict=True))


def _unfold_windows(call: Call) -> tuple[Window, ...]:
    kernels = pair(call.argument(1, "kernel_size"), 2)
    dilations, paddings = pair(call.argument(2, "dilation", 1), 2), pair(call.argument(3, "padding", 0), 2)
    strides = pair(call.argument(4, "stride", 1), 2)
    return tuple(
        Window(k, s, p, p, d) for k, s, p, d in zip(kernels, strides, paddings, dilations, strict=True)
    )


def _pool_axes(call: Call) -> int:
    return int(call.name.removesuffix("_with_indices")[-2])


def _window(call: Call) -> Size:
    windows = windows_of(call) or ()
    axes = len(windows)
    sides = call.shape(0, "input")[-axes:]
    worked = [window.worked(side) for window, side in zip(windows, sides, strict=True)]
    return _by_axis("window", FORMULA, worked)


def _by_axis(kind: str, formula: str, worked: list[str]) -> Size:
    """Write what is the same for several axes once."""
    names = AXES[len(worked)]
    lines: dict[str, list[str]] = {}
    for name, line in zip(names, worked, strict=True):
        lines.setdefault(line, []).append(name)
    axes = tuple(", ".join(group) for group in lines.values())
    return Size(kind, formula.format(H=names[0]), tuple(lines), axes)


def _unfold(call: Call) -> Size:
    size = _window(call)
    sides = call.shape(0, "input")[-2:]
    counts = [window.size(side) for window, side in zip(windows_of(call) or (), sides, strict=True)]
    worked = f"{counts[0]}·{counts[1]} = {math.prod(counts)}"
    return Size("windows", size.formula, (*size.worked, worked), (*size.axes, "L"))


def _transposed(call: Call) -> Size:
    kernels = call.shape(1, "weight")[2:]
    axes = len(kernels)
    strides, paddings = pair(call.argument(3, "stride", 1), axes), pair(call.argument(4, "padding", 0), axes)
    extras, dilations = (
        pair(call.argument(5, "output_padding", 0), axes),
        pair(call.argument(7, "dilation", 1), axes),
    )
    sides, out = call.shape(0, "input")[-axes:], call.output[-axes:]
    worked = [
        f"({side} − 1)·{stride} − 2·{padding} + {dilation}·({kernel} − 1) + {extra} + 1 = {size}"
        for side, stride, padding, dilation, kernel, extra, size in zip(
            sides, strides, paddings, dilations, kernels, extras, out, strict=True
        )
    ]
    formula = "({H} − 1)·stride − 2·padding + dilation·(kernel − 1) + output_padding + 1"
    return _by_axis("transposed", formula, worked)


def _adaptive(call: Call) -> Size:
    axes = _pool_axes(call)
    sides, out = call.shape(0, "input")[-axes:], call.output[-axes:]
    return Size("adaptive", fields={"was": _text(sides), "now": _text(out)})


def _interpolated(call: Call) -> Size:
    sides, out = call.shape(0, "input")[2:], call.output[2:]
    factor = call.argument(2, "scale_factor")
    if factor is None:
        return Size("resized", fields={"was": _text(sides), "now": _text(out)})
    worked = [
        f"⌊{side}·{f:g}⌋ = {size}" for side, f, size in zip(sides, pair(factor, len(sides)), out, strict=True)
    ]
    return _by_axis("scaled", "⌊{H}·scale⌋", worked)


def _padded(call: Call) -> Size:
    sides, out, pads = call.shape(0, "input"), call.output, list(call.rest(1, "pad"))
    padded = len(pads) // 2
    if not any(pads):
        return Size("keeps")
    as_usual = len(sides) - padded == len(("pictures", "channels")) and padded in AXES
    names = AXES[padded] if as_usual else tuple(str(len(sides) - padded + place) for place in range(padded))
    lines: dict[str, list[str]] = {}
    for place, name in enumerate(names):
        axis = len(sides) - padded + place
        before, after = pads[2 * (padded - 1 - place)], pads[2 * (padded - 1 - place) + 1]
        line = f"{sides[axis]} {_signed(before)} {_signed(after)} = {out[axis]}"
        lines.setdefault(line, []).append(name)
    return Size("padded", "", tuple(lines), tuple(", ".join(group) for group in lines.values()))


def _signed(number: int) -> str:
    return f"− {-number}" if number < 0 else f"+ {number}"


def _linear(call: Call) -> Size:
    return Size("last_axis", fields={"was": call.shape(0, "input")[-1], "now": call.output[-1]})


def _product(call: Call) -> Size:
    left, right = call.shape(0, "input"), call.shape(1, "other") or call.shape(1, "mat2")
    return Size("product", fields={"left": _text(left), "right": _text(right)})


def _added_product(call: Call) -> Size:
    left, right = call.shape(1, "mat1") or call.shape(1, "batch1"), call.shape(2, "mat2")
    return Size("product", fields={"left": _text(left), "right": _text(right or call.shape(2, "batch2"))})


def _flattened(call: Call) -> Size:
    was = call.shape(0, "input")
    first = call.argument(1, "start_dim", 0) % max(len(was), 1)
    last = call.argument(2, "end_dim", -1) % max(len(was), 1)
    joined = was[first : last + 1]
    if len(joined) == 1:
        return Size("keeps")
    worked = f"{'·'.join(map(str, joined))} = {math.prod(joined)}"
    return Size("flattens", "", (worked,), (), {"first": first, "last": last})


def _reshaped(call: Call) -> Size:
    was, now = call.shape(0, "input"), call.output
    return Size("keeps") if was == now else Size("reshaped", fields={"count": f"{math.prod(was):,}"})


def _permuted(call: Call) -> Size:
    dims = tuple(dim % len(call.output) for dim in call.rest(1, "dims"))
    return Size("permuted", fields={"order": ", ".join(map(str, dims))})


def _transposed_axes(call: Call) -> Size:
    axes = len(call.output)
    first, second = call.argument(1, "dim0"), call.argument(2, "dim1")
    return Size("swapped", fields={"first": first % axes, "second": second % axes})


def _joined(call: Call) -> Size:
    dim = call.argument(1, "dim", call.op.kwargs.get("axis", 0)) % max(len(call.output), 1)
    sides = [call.trace.values[n].shape for n in refs_in(call.argument(0, "tensors"))]
    parts = [shape[dim] for shape in sides if len(shape) == len(call.output)]
    worked = f"{' + '.join(map(str, parts))} = {call.output[dim]}"
    return Size("joined", "", (worked,), (), {"axis": dim})


def _stacked(call: Call) -> Size:
    count = len(refs_in(call.argument(0, "tensors")))
    dim = call.argument(1, "dim", 0) % len(call.output)
    return Size("stacked", fields={"count": count, "axis": dim})


def _split(call: Call) -> Size:
    return Size("split", fields={"count": len(call.op.outputs)})


def _reduced(call: Call) -> Size:
    was, now = call.shape(0, "input"), call.output
    if was == now:
        return Size("keeps")
    dims = call.argument(1, "dim", call.op.kwargs.get("axis"))
    if dims is None or isinstance(dims, bool):
        return Size("reduced_all")
    axes = sorted(dim % len(was) for dim in pair(dims, 1))
    return Size("reduced", fields={"axes": ", ".join(map(str, axes))})


def _cut(call: Call) -> Size:
    was, now = call.shape(0, "input"), call.output
    return Size("keeps") if was == now else Size("cut", fields={"was": _text(was), "now": _text(now)})


def _shuffled(call: Call) -> Size:
    factor = call.argument(1, "upscale_factor") or call.argument(1, "downscale_factor")
    return Size("shuffled", fields={"factor": factor, "square": factor * factor})


def _text(shape: Any) -> str:
    return "×".join(map(str, shape)) or "1"


WINDOWS: dict[str, Callable[[Call], tuple[Window, ...]]] = {
    **{f"conv{n}d": _conv_windows for n in (1, 2, 3)},
    **{f"max_pool{n}d": _max_pool_windows for n in (1, 2, 3)},
    **{f"max_pool{n}d_with_indices": _max_pool_windows for n in (1, 2, 3)},
    **{f"avg_pool{n}d": _average_pool_windows for n in (1, 2, 3)},
    **{f"lp_pool{n}d": _power_pool_windows for n in (1, 2, 3)},
}
# two functions of one name
WINDOWS_BY_FUNCTION = {"torch.nn.functional.unfold": _unfold_windows}
SIZES_BY_FUNCTION = {"torch.nn.functional.unfold": _unfold}
SIZES: dict[str, Callable[[Call], Size]] = {
    **dict.fromkeys(WINDOWS, _window),
    **{f"conv_transpose{n}d": _transposed for n in (1, 2, 3)},
    **{f"adaptive_{kind}_pool{n}d": _adaptive for kind in ("avg", "max") for n in (1, 2, 3)},
    "interpolate": _interpolated,
    "upsample": _interpolated,
    "pad": _padded,
    "linear": _linear,
    **dict.fromkeys(("matmul", "mm", "bmm"), _product),
    **dict.fromkeys(("addmm", "baddbmm"), _added_product),
    **dict.fromkeys(RESHAPES, _reshaped),
    "flatten": _flattened,
    "permute": _permuted,
    **dict.fromkeys(("transpose", "swapaxes", "swapdims"), _transposed_axes),
    **dict.fromkeys(("cat", "concat", "concatenate"), _joined),
    "stack": _stacked,
    **dict.fromkeys(("split", "chunk", "tensor_split", "unbind", "split_with_sizes"), _split),
    **dict.fromkeys(
        ("mean", "sum", "amax", "amin", "max", "min", "logsumexp", "prod", "std", "var", "norm", "argmax"),
        _reduced,
    ),
    **dict.fromkeys(("getitem", "narrow", "select", "index_select"), _cut),
    **dict.fromkeys(("pixel_shuffle", "pixel_unshuffle"), _shuffled),
}
