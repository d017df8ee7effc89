"""One operation as an offline page: point at a number of its output and see what made it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from glassnet.arithmetic.operands import operands_of
from glassnet.inspection.windows import near_square, windowed
from glassnet.pages.parts import build_page, png_address
from glassnet.pages.planes import encode_planes, planes_of
from glassnet.pages.what_it_is import what_it_is
from glassnet.pages.window_data import choose_cut, window_data
from glassnet.texts import texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from glassnet.arithmetic.expansion import Expansion
    from glassnet.inspection.windows import Windowed
    from glassnet.trace.trace import Module, Op, Trace

MAX_TERMS = 40  # of one number in the generic form
MAX_CELLS = 2000  # of the generic form


def explain_page(
    trace: Trace,
    op: int,
    *,
    at: tuple[int, ...] = (),
    expansions: Mapping[tuple[int, ...], Expansion] | None = None,
    picture: np.ndarray | None = None,
    lang: str = "en",
) -> str:
    """Write one operation as one HTML file that asks nothing of any host.

    Convolutions, transposed convolutions and poolings of one or two dimensions and linear layers are worked
    by the page itself, any number of them. For every other operation the page holds the expansions that are
    given to it.

    Args:
        trace: Of one pass, with all tensors of the operation kept.
        op: Its number.
        at: The index of the number that is shown first; which of the batch is shown, too. Empty: the first.
        expansions: Numbers of the output worked out, by their index; at most 2000 are put into the page.
        picture: uint8, H×W×C: what the network was shown.
        lang: Of the words.

    Returns:
        The file.

    Raises:
        ValueError: The operation's tensors were not kept, or it gave none.

    Example:
        >>> import torch
        >>> from glassnet.trace.record import record
        >>> trace = record(torch.nn.MaxPool2d(2), torch.ones(1, 1, 4, 4), keep="all")
        >>> explain_page(trace, 0)[:15]
        '<!doctype html>'
    """
    made = trace.ops[op]
    if not made.outputs or made.outputs[0] not in trace.kept:
        raise ValueError(f"the output of {made.label} was not kept")
    output = trace.values[made.outputs[0]]
    at = (*at, *[0] * len(output.shape))[: len(output.shape)]
    window = windowed(trace, op, lead=at)
    module = _its_module(trace, made)
    data = {
        "words": texts(lang, "explain_page"),
        "name": (module.path if module else "") or made.label,
        "operation": made.name,
        "function": made.function,
        "type": module.type if module else None,
        "settings": module.settings if module else "",
        "what": what_it_is(made, 1, lang),
        "at": list(at),
        "picture": png_address(picture) if picture is not None else None,
        "window": _window(
            window, at, grey=picture is not None and trace.values[made.inputs[0]].kind == "input"
        )
        if window is not None
        else None,
        "other": _other(trace, made, at, expansions or {}) if window is None else None,
    }
    return build_page(
        "explain_page", lang=lang, title=f"{data['name']} · glassnet", data=data,
        scripts=("page", "plane", "window", "explain_window", "explain_other", "explain_page"),
    )  # fmt: skip


def _its_module(trace: Trace, op: Op) -> Module | None:
    """Give the module whose call is this operation alone."""
    call = trace.calls[op.call] if op.call is not None else None
    if call is None or call.end_op - call.first_op != 1 or op.stage == "loss":
        return None
    return next((module for module in trace.modules if module.path == call.path), None)


def _window(window: Windowed, at: tuple[int, ...], *, grey: bool) -> dict[str, object]:
    """Write a window; `lead` and `dims` tell how a place becomes an index of the output."""
    lead, (channel, *place) = at[: len(at) - window.dims - 1], at[len(at) - window.dims - 1 :]
    row, column = (*[0] * (2 - len(place)), *place)
    cut = choose_cut(window, (channel, row, column))
    return window_data(window, cut) | {
        "lead": list(lead),
        "dims": window.dims,
        "layout": list(near_square(window.output.shape[0])),
        "grey": grey,
        "place": [channel, row, column],
        "dtype": str(window.output.dtype).removeprefix("torch."),
        "low": _number(float(window.input.min())),
        "high": _number(float(window.input.max())),
    }


def _other(
    trace: Trace, op: Op, at: tuple[int, ...], expansions: Mapping[tuple[int, ...], Expansion]
) -> dict[str, object]:
    """Write the generic form: the output's and the inputs' planes, and the numbers that were worked out."""
    shown = {op.outputs[0], *op.inputs} & set(trace.kept)
    first = trace.values[op.outputs[0]].shape
    batch = first[0] if len(first) > 1 else None
    tensors = {}
    for number in shown:
        value = trace.values[number]
        of_batch = batch if value.kind not in ("parameter", "buffer") else None
        if trace.kept[number].numel():
            tensors[number] = planes_of(trace.kept[number], batch=of_batch, sample=at[0] if at else 0)
    chosen = sorted(expansions, key=lambda index: (index != at, index))[:MAX_CELLS]
    return {
        "planes": encode_planes(tensors),
        "output": op.outputs[0],
        "inputs": [
            {"number": number, "name": trace.values[number].name}
            for number in op.inputs if number in tensors
        ],
        "operands": {
            operand: {"number": number, "name": trace.values[number].name}
            for operand, number in (operands_of(op) if expansions else {}).items()
        },
        "cells": {",".join(map(str, index)): _cell(trace, op, index, expansions[index]) for index in chosen},
        "given": len(expansions),
    }  # fmt: skip


def _cell(trace: Trace, op: Op, index: tuple[int, ...], expansion: Expansion) -> dict[str, object]:
    largest = sorted(expansion.terms, key=lambda term: -abs(term.value) if math.isfinite(term.value) else 0.0)
    kept = set(map(id, largest[:MAX_TERMS]))
    terms = [term for term in expansion.terms if id(term) in kept]
    return {
        "formula": expansion.formula,
        "worked": expansion.worked,
        "value": _number(expansion.value),
        "torch": _number(float(trace.kept[op.outputs[0]][index])),
        "facts": {name: _number(fact) for name, fact in expansion.facts.items()},
        "terms": [
            [
                [[number.operand, list(number.index) if number.index is not None else None,
                  _number(number.value)] for number in term.numbers],
                _number(term.value),
            ]
            for term in terms
        ],
        "left_out": len(expansion.terms) - len(terms),
    }  # fmt: skip


def _number(value: float | int | str) -> float | int | str:
    """Keep what JSON holds; NaN and infinities become words."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
