"""What can be asked next, after a look: commands ready to paste."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import torch

from glassnet.terminal import quoted

if TYPE_CHECKING:
    from glassnet.trace.trace import Trace


def next_commands(
    net: Any,
    images: Any,
    trace: Trace,
    *,
    input: Any,  # noqa: A002 — the name of the option
    weights: Any,
    lang: str | None,
) -> list[str]:
    """Give commands that go on from a look; a Python line for what has no name.

    Args:
        net: As it was given to `look`.
        images: Likewise.
        trace: Of the pass.
        input: As it was given.
        weights: As they were given.
        lang: As it was given.

    Returns:
        A line each.
    """
    place = middle_of_first_layer(trace)
    if isinstance(net, torch.nn.Module) or not (images is None or isinstance(images, str | os.PathLike)):
        return [f'glassnet.explain(net, images, at="{place}")'] if place else []
    words = [quoted(net)] + ([quoted(images)] if images is not None else [])
    if input is not None:
        words.append(f"--input {input if isinstance(input, str) else 'x'.join(map(str, input))}")
    if weights is not None:
        words.append(f"--weights {quoted(weights)}")
    if lang is not None:
        words.append(f"--lang {lang}")
    same = " ".join(words)
    return [
        *([f'glassnet explain {same} --at "{place}"'] if place else []),
        f"glassnet look {same} --order",
        f"glassnet look {same} --html look.html",
    ]


def middle_of_first_layer(trace: Trace) -> str | None:
    """Name the middle number of what the first layer with parameters gives.

    Args:
        trace: Of the pass.

    Returns:
        Such as `conv1[0,0,14,14]`; None where there is no such layer.

    Example:
        >>> from glassnet.trace.record import record
        >>> net = torch.nn.Sequential(torch.nn.Conv2d(3, 6, 5))
        >>> middle_of_first_layer(record(net, torch.zeros(1, 3, 32, 32)))
        '0[0,0,14,14]'
    """
    for call in trace.calls[1:]:
        is_leaf = call.end_op - call.first_op == 1
        if is_leaf and call.outputs and trace.ops[call.first_op].parameters:
            shape = trace.values[call.outputs[0]].shape
            index = [0, 0, *(side // 2 for side in shape[2:])][: len(shape)]
            return f"{call.path}[{','.join(map(str, index))}]"
    return None
