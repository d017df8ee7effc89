"""A network's arguments: what the pictures decide is filled in, what the person gave is kept."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glassnet.errors import NetError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CHANNELS = ("in_channels", "in_chans", "input_channels", "num_channels")
CLASSES = ("num_classes", "n_classes", "nb_classes", "num_class", "classes")
SIZE = ("size", "img_size", "image_size")
SIZE_IF_TUPLE = (
    "input_size",
    "input_shape",
)  # in many tutorials `input_size` is the number of values instead


@dataclass(frozen=True)
class Shape:
    """What the pictures decide: channels, height and width in pixels, number of classes."""

    channels: int
    height: int
    width: int
    num_classes: int


def fill_in(
    make: Callable[..., object], arguments: Mapping[str, object], shape: Shape, *, net: str
) -> dict[str, object]:
    """Complete the arguments of a class or function that makes a network.

    Filled in, where the signature names them and the person did not: `CHANNELS`, `CLASSES`, `SIZE` (one
    number for square pictures unless the default is a tuple, else (height, width)), `SIZE_IF_TUPLE` (only
    where the default is a tuple: (height, width), or (channels, height, width) where that has three
    numbers), and `height` with `width` where both are named.

    Args:
        make: The class or function.
        arguments: What the person gave.
        shape: What the pictures decide.
        net: The NET, for the error.

    Returns:
        All arguments, the person's first.

    Raises:
        NetError: An argument is unknown, or one without default is missing.

    Example:
        >>> def make(num_classes=10, in_channels=3, width=8): ...
        >>> fill_in(make, {"width": 16}, Shape(1, 28, 28, 7), net="make")
        {'width': 16, 'num_classes': 7, 'in_channels': 1}
    """
    parameters = parameters_of(make, net)
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    wanted = {
        name: parameter
        for name, parameter in parameters.items()
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    }
    called = getattr(make, "__name__", net)
    for name in arguments:
        if name not in wanted and not takes_any:
            hint = did_you_mean(name, wanted) or f"{called} takes no arguments"
            raise NetError(f"{called} takes no argument '{name}'", where=net, hint=hint)
    complete = dict(arguments)
    for name, parameter in wanted.items():
        if name not in arguments:
            complete |= _filled(name, parameter.default, wanted, shape)
    missing = [
        name
        for name, parameter in wanted.items()
        if parameter.default is parameter.empty and name not in complete
    ]
    if missing:
        numbers = shape.channels * shape.height * shape.width
        raise NetError(
            f"{called} needs {'arguments' if missing[1:] else 'an argument'} that the pictures do not decide",
            where=net,
            got=", ".join(missing),
            hint=f"write {called}({', '.join(f'{name}=...' for name in missing)}); "
            f"a picture has {shape.channels}×{shape.height}×{shape.width} = {numbers} numbers",
        )
    return complete


def parameters_of(make: Callable[..., object], net: str) -> Mapping[str, inspect.Parameter]:
    """Read the signature of a class or function that makes a network.

    Args:
        make: The class or function.
        net: The NET, for the error.

    Returns:
        Its parameters by name.

    Raises:
        NetError: Its signature cannot be read.

    Example:
        >>> list(parameters_of(Shape, "Shape"))
        ['channels', 'height', 'width', 'num_classes']
    """
    try:
        return inspect.signature(make).parameters
    except (TypeError, ValueError) as error:
        raise NetError("the arguments of this network cannot be found out", where=net) from error


def _filled(
    name: str, default: object, parameters: Mapping[str, inspect.Parameter], shape: Shape
) -> dict[str, object]:
    square = shape.height == shape.width
    if name in CHANNELS:
        return {name: shape.channels}
    if name in CLASSES:
        return {name: shape.num_classes}
    if name in SIZE:
        as_number = square and not isinstance(default, tuple | list)
        return {name: shape.height if as_number else (shape.height, shape.width)}
    if name in SIZE_IF_TUPLE and isinstance(default, tuple | list):
        with_channels = len(default) == len(("channels", "height", "width"))
        size = (shape.height, shape.width)
        return {name: (shape.channels, *size) if with_channels else size}
    if name in ("height", "width") and {"height", "width"} <= parameters.keys():
        return {name: shape.height if name == "height" else shape.width}
    return {}
