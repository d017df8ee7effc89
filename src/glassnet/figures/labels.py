"""What is said of an operation in a small box: its role, the few settings that matter, its shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from glassnet.trace.trace import Ref

if TYPE_CHECKING:
    from collections.abc import Callable

    from glassnet.trace.trace import Op, Trace

Role = Literal["weights", "activation", "pool", "norm", "join", "reshape", "loss", "other"]

ACTIVATIONS = {
    "celu", "elu", "gelu", "glu", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "leaky_relu",
    "log_sigmoid", "log_softmax", "logsigmoid", "mish", "prelu", "relu", "relu6", "rrelu", "selu",
    "sigmoid", "silu", "softmax", "softmin", "softplus", "softshrink", "softsign", "tanh", "tanhshrink",
    "threshold",
}  # fmt: skip
JOINS = {
    "add", "iadd", "radd", "sub", "isub", "rsub", "mul", "imul", "rmul", "multiply", "maximum",
    "minimum", "cat", "concat", "concatenate", "stack", "hstack", "vstack",
}  # fmt: skip
RESHAPES = {
    "T", "broadcast_to", "channel_shuffle", "chunk", "contiguous", "expand", "expand_as", "flatten",
    "flip", "getitem", "mT", "moveaxis", "movedim", "narrow", "pad", "permute", "pixel_shuffle",
    "pixel_unshuffle", "ravel", "repeat", "reshape", "roll", "select", "split", "squeeze", "swapaxes",
    "t", "tensor_split", "transpose", "unbind", "unflatten", "unsqueeze", "view", "view_as",
}  # fmt: skip
PRODUCTS = {"matmul", "addmm", "einsum", "bmm", "mm"}  # with weights where they read parameters
FOUR_AXES = 4  # B×heads×N×C
WEIGHTED = ("conv", "linear", "bilinear", "embedding", "multi_head_attention", "lstm", "gru", "rnn")
BY_PLACE = {  # the names of what a call gives by place, after its tensors
    "conv": ("input", "weight", "bias", "stride", "padding", "dilation", "groups"),
    "conv_transpose": (
        "input", "weight", "bias", "stride", "padding", "output_padding", "groups", "dilation",
    ),
    "max_pool": ("input", "kernel_size", "stride", "padding", "dilation", "ceil_mode"),
    "avg_pool": ("input", "kernel_size", "stride", "padding", "ceil_mode"),
    "dropout": ("input", "p", "training"),
    "multi_head_attention_forward": ("query", "key", "value", "embed_dim_to_check", "num_heads"),
    "leaky_relu": ("input", "negative_slope"),
    "softmax": ("input", "dim"),
    "log_softmax": ("input", "dim"),
    "cat": ("tensors", "dim"),
    "stack": ("tensors", "dim"),
    "flatten": ("input", "start_dim", "end_dim"),
    "mean": ("input", "dim"),
    "sum": ("input", "dim"),
    "group_norm": ("input", "num_groups"),
}  # fmt: skip


def role(op: Op) -> Role:
    """Say what an operation is for, which gives it its colour.

    Args:
        op: Of a trace.

    Returns:
        `weights` for what multiplies with parameters, `activation`, `pool`, `norm`, `join` for what brings
        several tensors together, `reshape` for what moves numbers and changes none, `loss`, or `other`.
    """
    name = op.name.strip("_")
    weighted = name.startswith(WEIGHTED) or (
        bool(op.parameters) and (name in PRODUCTS or op.function == "unseen")
    )
    rules: tuple[tuple[Role, bool], ...] = (
        ("loss", op.stage == "loss"),
        ("norm", "norm" in name.split("_") or name == "normalize"),
        ("pool", "pool" in name or name == "interpolate"),
        ("weights", weighted),
        ("activation", name in ACTIVATIONS),
        ("join", name in JOINS and (len(op.inputs) > 1 or "cat" in name)),
        ("reshape", name in RESHAPES),
    )
    found: list[Role] = [role for role, holds in rules if holds]
    return found[0] if found else "other"


def settings(op: Op, trace: Trace) -> str:
    """Give the few settings of an operation that matter, as short as they can be read.

    Args:
        op: Of the trace.
        trace: Where its tensors are.

    Returns:
        `5×5, 3→6`, `3×3 /2 pad 1, 64→128`, `2×2 /2`, `784→512`, `p 0.4`, or "".
    """
    name = op.name.rstrip("_")
    told = next((tell for names, tell in SETTINGS if name.startswith(names)), _scalar)
    return told(op, trace)


def shapes(op: Op, trace: Trace) -> str:
    """Give the shape of what an operation makes.

    Args:
        op: Of the trace.
        trace: Where its tensors are.

    Returns:
        `1×6×28×28`; of several tensors the first, and how many more there are.
    """
    if not op.outputs:
        return ""
    first = shape_text(trace.values[op.outputs[0]].shape)
    return first if len(op.outputs) == 1 else f"{first} +{len(op.outputs) - 1}"


def shape_text(shape: tuple[int, ...]) -> str:
    """Write a shape as people do.

    Args:
        shape: Sides of a tensor.

    Returns:
        The sides with × between them; `scalar` for one number.

    Example:
        >>> shape_text((1, 3, 32, 32)), shape_text(())
        ('1×3×32×32', 'scalar')
    """
    return "×".join(map(str, shape)) or "scalar"


def _weight_shape(op: Op, trace: Trace) -> tuple[int, ...] | None:
    place = op.args[1] if len(op.args) > 1 else op.kwargs.get("weight")
    return trace.values[place.value].shape if isinstance(place, Ref) else None


def _argument(op: Op, key: str) -> object:
    """Give an argument of the call, by its name or its place."""
    if key in op.kwargs:
        return op.kwargs[key]
    name = op.name.rstrip("_")
    if name.startswith("conv_transpose"):
        places = BY_PLACE["conv_transpose"]
    elif "pool" in name:
        places = BY_PLACE["avg_pool" if "avg" in name else "max_pool"]
    else:
        stem = "conv" if name.startswith("conv") else "dropout" if "dropout" in name else name
        places = BY_PLACE.get(stem, ())
    place = places.index(key) if key in places else len(op.args)
    return op.args[place] if place < len(op.args) else None


def _convolution(op: Op, trace: Trace) -> str:
    weight = _weight_shape(op, trace)
    if weight is None:
        return ""
    groups = _argument(op, "groups")
    groups = groups if isinstance(groups, int) else 1
    outside, inside = weight[0], weight[1] * groups
    if "transpose" in op.name:
        outside, inside = weight[1] * groups, weight[0]
    parts = [_window(weight[2:], op)]
    if groups > 1:
        parts.append("depthwise" if groups == inside else f"{groups} groups")
    return ", ".join([*parts, f"{inside}→{outside}"])


def _linear(op: Op, trace: Trace) -> str:
    weight = _weight_shape(op, trace)
    return "" if weight is None else f"{weight[-1]}→{weight[0] if len(weight) > 1 else 1}"


def _embedding(op: Op, trace: Trace) -> str:
    weight = _weight_shape(op, trace)
    return "" if weight is None else shape_text(weight)


def _pooling(op: Op, trace: Trace) -> str:
    sides = int(op.name.rstrip("_")[-2]) if op.name.rstrip("_")[-2:] in ("1d", "2d", "3d") else 1
    if op.name.startswith("adaptive"):
        size = op.args[1] if len(op.args) > 1 else op.kwargs.get("output_size")
        return f"to {_sides(size, sides)}"
    kernel = _argument(op, "kernel_size")
    window = _window(tuple(_flat([kernel])) * (1 if isinstance(kernel, list | tuple) else sides), op)
    return window + (", ceil" if _argument(op, "ceil_mode") else "")


def _heads(op: Op, trace: Trace) -> str:
    heads = _argument(op, "num_heads")
    if heads is None:  # of scaled_dot_product_attention: B×heads×N×C
        shape = trace.values[op.inputs[0]].shape
        heads = shape[1] if len(shape) == FOUR_AXES else None
    return "" if heads is None else f"{heads} heads"


def _dropout(op: Op, trace: Trace) -> str:
    share = _argument(op, "p")
    off = ", off" if _argument(op, "training") is False else ""
    return f"p {_plain(0.5 if share is None else share)}{off}"


def _keyed(key: str, template: str) -> Callable[[Op, Trace], str]:
    """Make a teller of one argument."""

    def told(op: Op, trace: Trace) -> str:
        given = _argument(op, key)
        return "" if given is None else template.format(_plain(given))

    return told


def _axes(op: Op, trace: Trace) -> str:
    return _plain([axis for axis in _flat(op.args[1:]) if isinstance(axis, int)])


def _place(op: Op, trace: Trace) -> str:
    return f"[{_index(op.args[1])}]" if len(op.args) > 1 else ""


def _window(kernel: tuple, op: Op) -> str:
    """Write size, stride, padding and dilation of a window that slides: `3×3 /2 pad 1`."""
    text = "×".join(map(str, kernel))
    usual = {"stride": 1, "padding": 0, "dilation": 1}
    pooling = "pool" in op.name
    for key, mark in (("stride", "/"), ("padding", "pad "), ("dilation", "dilation ")):
        given = _argument(op, key)
        if pooling and key == "stride" and given in (None, [], ()):
            given = kernel
        if given is None or (not isinstance(given, str) and set(_flat([given])) == {usual[key]}):
            continue
        text += f" {mark}{given if isinstance(given, str) else _sides(given, 1)}"
    return text


def _sides(size: object, count: int) -> str:
    parts = _flat([size])
    parts = parts * count if len(parts) == 1 else parts
    return str(parts[0]) if len(set(parts)) == 1 and count == 1 else "×".join(map(str, parts))


def _scalar(op: Op, trace: Trace) -> str:
    """Write arithmetic with a plain number: `× 0.5`."""
    name = op.name.rstrip("_")
    signs = {"add": "+", "sub": "−", "mul": "×", "div": "÷", "truediv": "÷", "pow": "^"}
    sign = signs.get(name.removeprefix("i") if name.startswith("i") else name)
    numbers = [a for a in op.args[1:2] if isinstance(a, int | float) and not isinstance(a, bool)]
    return f"{sign} {_plain(numbers[0])}" if sign and numbers else ""


def _index(content: object) -> str:
    if isinstance(content, tuple):
        return ", ".join(map(_index, content))
    if isinstance(content, slice):
        ends = ["" if end is None else _index(end) for end in (content.start, content.stop)]
        step = "" if content.step is None else f":{_index(content.step)}"
        return f"{ends[0]}:{ends[1]}{step}"
    return (
        {None: "None", ...: "…"}.get(content, "") or str(content)
        if not isinstance(content, Ref)
        else "tensor"
    )


def _flat(parts: object) -> list:
    if isinstance(parts, list | tuple):
        return [inner for part in parts for inner in _flat(part)]
    return [parts]


def _plain(content: object) -> str:
    if isinstance(content, list | tuple):
        return ", ".join(map(_plain, content))
    return f"{content:.4g}" if isinstance(content, float) else str(content)


# what begins with one of these names -> what tells its settings
SETTINGS: tuple[tuple[tuple[str, ...], Callable[[Op, Trace], str]], ...] = (
    (("conv",), _convolution),
    (("linear",), _linear),
    (("embedding",), _embedding),
    (("max_pool", "avg_pool", "lp_pool", "adaptive"), _pooling),
    (("multi_head_attention", "scaled_dot_product"), _heads),
    (("dropout", "alpha_dropout", "feature_dropout"), _dropout),
    (("leaky_relu",), _keyed("negative_slope", "slope {}")),
    (("group_norm",), _keyed("num_groups", "groups {}")),
    (("flatten",), _keyed("start_dim", "dim {}…")),
    (("cat", "stack", "softmax", "log_softmax", "mean", "sum"), _keyed("dim", "dim {}")),
    (("permute", "transpose"), _axes),
    (("getitem",), _place),
)
