"""Where the axes of a tensor go when it is reshaped or indexed, and which operations leave them alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glassnet.inspection.arguments import Call

Shape = tuple[int, ...]

# each number of the result is computed from the numbers at its own place
BY_ELEMENT = (
    "relu", "relu6", "leaky_relu", "rrelu", "prelu", "elu", "celu", "selu", "gelu", "silu", "mish",
    "softplus", "softsign", "hardtanh", "hardsigmoid", "hardswish", "hardshrink", "softshrink",
    "tanhshrink", "threshold", "sigmoid", "logsigmoid", "tanh", "add", "sub", "mul", "div", "truediv",
    "true_divide", "floordiv", "floor_divide", "mod", "remainder", "fmod", "pow", "neg", "rsub", "radd",
    "rmul", "rtruediv", "rpow", "pos", "addcmul", "addcdiv", "lerp", "maximum", "minimum", "fmax", "fmin",
    "where", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "rsqrt", "square",
    "reciprocal", "abs", "absolute", "sign", "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh",
    "cosh", "erf", "erfc", "floor", "ceil", "round", "trunc", "frac", "clamp", "clamp_min", "clamp_max",
    "clip", "nan_to_num", "eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "logical_not",
    "and", "or", "xor", "invert", "masked_fill", "dropout", "dropout1d", "dropout2d", "dropout3d",
    "alpha_dropout", "feature_alpha_dropout", "batch_norm", "contiguous", "clone", "detach", "to", "type",
    "float", "half", "bfloat16", "double", "type_as", "cpu", "cuda", "data", "identity",
    "local_response_norm", "copy",
)  # fmt: skip


RESHAPES = (
    "view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze", "ravel", "view_as", "reshape_as",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an axis goes: to some axes, and whether it is there alone and in order."""

    axes: tuple[int, ...]
    alone: bool


def moved_by_reshape(was: Shape, now: Shape) -> list[Destination]:
    """Follow each axis through a reshape, which keeps the order of the numbers.

    Args:
        was: The shape before.
        now: The shape after, with as many numbers.

    Returns:
        A destination for each axis of `was`.

    Example:
        >>> [place.axes for place in moved_by_reshape((1, 6, 5, 5), (1, 150))]
        [(0,), (1,), (1,), (1,)]
        >>> moved_by_reshape((1, 6, 7, 7), (6, 7, 7))[3]
        Destination(axes=(2,), alone=True)
    """
    result = [Destination((), alone=True)] * len(was)
    for olds, news in _groups(was, now):
        wide_olds = [axis for axis in olds if was[axis] != 1]
        wide_news = tuple(axis for axis in news if now[axis] != 1)
        for axis in wide_olds:
            result[axis] = Destination(wide_news, alone=len(wide_olds) == len(wide_news) == 1)
    for axis, side in enumerate(was):
        if side == 1 and axis < len(now) and now[axis] == 1 and was[:axis] == now[:axis]:
            result[axis] = Destination((axis,), alone=True)
    return result


def _groups(was: Shape, now: Shape) -> list[tuple[list[int], list[int]]]:
    """Cut both shapes into the shortest runs of axes with as many numbers."""
    groups, old, new = [], 0, 0
    while old < len(was) or new < len(now):
        olds, news = [], []
        left, right = 1, 1
        while True:
            if left <= right and old < len(was):
                left *= was[old]
                olds.append(old)
                old += 1
            elif new < len(now):
                right *= now[new]
                news.append(new)
                new += 1
            else:
                break
            if left == right and olds and news:
                break
        groups.append((olds, news))
    return groups


@dataclass(frozen=True, slots=True)
class Taken:
    """Which places of an axis are taken, and which axis of the result it becomes (None: one place only)."""

    start: int
    step: int
    to: int | None


def taken_by_index(call: Call, output: int) -> list[Taken] | None:
    """Say what an indexing operation takes of each axis.

    Args:
        call: `getitem`, `select`, `narrow`, `split`, `chunk` or `unbind`.
        output: Which of its results.

    Returns:
        One for each axis of the input; None where the index is not made of whole numbers and slices.
    """
    shape = call.shape(0, "input")
    if call.name == "getitem":
        return _by_slices(call.argument(1, "index"), shape)
    dim = call.argument(1 if call.name in {"select", "narrow", "unbind"} else 2, "dim", 0) % len(shape)
    if call.name in {"select", "unbind"}:
        start = output if call.name == "unbind" else call.argument(2, "index") % shape[dim]
        return [
            Taken(start if a == dim else 0, 1, None if a == dim else a - (a > dim)) for a in range(len(shape))
        ]
    start = call.argument(2, "start") if call.name == "narrow" else _start_of_part(call, output, dim)
    if not isinstance(start, int):
        return None
    return [Taken(start if axis == dim else 0, 1, axis) for axis in range(len(shape))]


def _start_of_part(call: Call, output: int, dim: int) -> int:
    """Add up the parts before one of a split."""
    return sum(call.trace.values[number].shape[dim] for number in call.op.outputs[:output])


def _by_slices(index: object, shape: Shape) -> list[Taken] | None:
    parts = list(index) if isinstance(index, tuple) else [index]
    if not all(part is None or part is ... or isinstance(part, int | slice) for part in parts):
        return None
    if any(isinstance(part, bool) for part in parts):
        return None
    missing = len(shape) - sum(part is not None and part is not ... for part in parts)
    whole = [slice(None)] * missing
    if ... in parts:
        place = parts.index(...)
        parts[place : place + 1] = whole
    else:
        parts += whole
    taken, to, axis = [], 0, 0
    for part in parts:
        if part is None:
            to += 1
        elif isinstance(part, int):
            taken.append(Taken(part % shape[axis], 1, None))
            axis += 1
        elif isinstance(part, slice):
            start, _, step = part.indices(shape[axis])
            taken.append(Taken(start, step, to))
            axis, to = axis + 1, to + 1
    return taken
