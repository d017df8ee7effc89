"""Which number a person asks for: `conv1[0,3,5,7]`, `layer1.0.add_1[0,2]`, `fc.weight[1,-1]`, `conv1:2[0,3]`.

A text is parsed into a plain `Address`, which is then looked up in a trace.
"""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glassnet.errors import UsageError
from glassnet.trace.nested import with_tensors
from glassnet.trace.trace import shape_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from glassnet.arithmetic.expansion import Index
    from glassnet.trace.trace import Parameter, Trace

MOST_LISTED = 16  # names in an error
FORM = re.compile(
    r"\s*(?P<name>[^\[\]\s:](?:[^\[\]:]*[^\[\]\s:])?)(?::(?P<nth>\d+))?\s*(?:\[(?P<index>[^\[\]]*)\])?\s*"
)
LOSS, OUTPUT = "loss", "output"

Note = tuple[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Address:
    """What was typed: `nth` counts the calls of a module from 1; an `index` of None: no brackets."""

    name: str
    nth: int | None
    index: Index | None


@dataclass(frozen=True, slots=True)
class Place:
    """One number of a trace: the value's number, a whole index, and how its tensor is named.

    `notes` are what a person should know: the key of a text, and its fields.
    """

    value: int
    index: Index
    name: str  # conv1
    notes: tuple[Note, ...] = ()

    @property
    def written(self) -> str:
        """The address in full."""
        return with_index(self.name, self.index)


def parse_address(text: str) -> Address:
    """Parse what a person typed.

    Args:
        text: A name, with `:2` for the second call of a module, and an index in square brackets.

    Returns:
        Its parts.

    Raises:
        UsageError: It is no address.

    Example:
        >>> parse_address("conv1:2[0, 3, -1]")
        Address(name='conv1', nth=2, index=(0, 3, -1))
    """
    match = FORM.fullmatch(text)
    form = 'a name and one whole number for each axis: "conv1[0,3,5,7]"'
    if match is None:
        raise UsageError("this is no address of a number", got=repr(text), expected=form)
    nth = int(match["nth"]) if match["nth"] else None
    if nth == 0:
        raise UsageError(
            "the calls of a module count from 1", got=repr(text), expected=f"{match['name']}:1 for the first"
        )
    if match["index"] is None:
        return Address(match["name"], nth, None)
    words = [word.strip() for word in match["index"].split(",")] if match["index"].strip() else []
    if words and not words[-1]:
        words.pop()  # [3,] as in Python
    if not all(re.fullmatch(r"[+-]?\d+", word) for word in words):
        raise UsageError("an address names one number", got=repr(text), expected=form)
    return Address(match["name"], nth, tuple(int(word) for word in words))


def find(trace: Trace, text: str) -> Place:
    """Look an address up in a trace.

    A name is `loss`, `output`, a module (its output), an input, parameter, buffer or other value of the
    trace, or an operation (its first output); the first of these that fits. Indexes may be negative.

    Args:
        trace: Of one pass.
        text: What was typed.

    Returns:
        The number's place.

    Raises:
        UsageError: The name or the index does not exist; the words say what does.
    """
    address = parse_address(text)
    number, notes = _value_named(trace, address)
    shape = trace.values[number].shape
    name = address.name if address.nth in (None, 1) else f"{address.name}:{address.nth}"
    return Place(number, _whole_index(address.index, shape, name), name, notes)


def with_index(name: str, index: Index) -> str:
    """Write a number's address.

    Args:
        name: Of its tensor.
        index: Empty for a tensor without axes.

    Returns:
        The address.

    Example:
        >>> with_index("conv1", (0, 3, 5, 7)), with_index("loss", ())
        ('conv1[0,3,5,7]', 'loss')
    """
    return f"{name}[{','.join(map(str, index))}]" if index else name


def name_of(trace: Trace, number: int) -> str:
    """Name a value so that `find` finds it: by the module that gives it, where there is one.

    Args:
        trace: Of one pass.
        number: Of the value.

    Returns:
        `loss`, `conv1`, `conv1:2`, `layer1.0.add`.
    """
    value = trace.values[number]
    if number == trace.loss and value.made_by is not None and trace.ops[value.made_by].stage == "loss":
        return LOSS
    if value.made_by is None:
        return value.name
    around = trace.ops[value.made_by].call
    call = None if around is None else trace.calls[around]
    if call is not None and call.path and number in call.outputs[:1]:  # the innermost module gives it
        return call.path if call.repeat == 0 else f"{call.path}:{call.repeat + 1}"
    return value.name


def _value_named(trace: Trace, address: Address) -> tuple[int, tuple[Note, ...]]:
    name = address.name
    calls = [call for call in trace.calls if call.path == name]
    values = {value.name: value.number for value in reversed(trace.values)}
    labels = {op.label: op.outputs[0] for op in trace.ops if op.outputs}
    if calls:
        return _output_of_call(trace, calls, address)
    if address.nth is not None:
        called = {call.path for call in trace.calls if call.path}
        _refuse_unknown(trace, name, called, "there is no such module to have a second call")
    if name == LOSS and trace.loss is not None:
        return trace.loss, ()
    if name == OUTPUT and name not in values and name not in labels:
        return _first_tensor(trace.output), ()
    for table in (values, labels):
        if name in table:
            return table[name], ()
    parameter = next((p for module in trace.modules for p in module.parameters if p.name == name), None)
    if parameter is not None:
        return _value_shared(parameter, values), ()
    if any(module.path == name for module in trace.modules):
        raise UsageError(
            f"the module {name} was not called in this pass, so it has no numbers", where=name,
            hint=f"its parameters have: {name}.weight[...]"
            if any(v.startswith(f"{name}.") for v in values) else None,
        )  # fmt: skip
    if name == LOSS:
        raise UsageError("no loss was computed in this pass", where=name)
    called = [call.path for call in trace.calls if call.path]
    _refuse_unknown(trace, name, [*called, *values, *labels, OUTPUT], "the network has no such value")
    raise AssertionError


def _value_shared(parameter: Parameter, values: Mapping[str, int]) -> int:
    """Find the value of a parameter that has none by its own name: it may have an earlier one."""
    if parameter.shared_with is not None and parameter.shared_with in values:
        return values[parameter.shared_with]
    what = "no operation of this pass read this parameter: no number depends on it, and it has no gradient"
    raise UsageError(what, where=parameter.name)


def _output_of_call(trace: Trace, calls: list, address: Address) -> tuple[int, tuple[Note, ...]]:
    nth = address.nth or 1
    if nth > len(calls):
        times = "once" if len(calls) == 1 else f"{len(calls)} times"
        raise UsageError(f"{address.name} was called {times} in this pass", got=f"{address.name}:{nth}")
    name = address.name
    notes: list[Note] = []
    if address.nth is None and len(calls) > 1:
        notes.append(("first_of_calls", {"name": name, "count": str(len(calls))}))
    call = calls[nth - 1]
    labels = [op.label for op in trace.ops[call.first_op : call.end_op]]
    if any(op.label == name and op.call != call.number for op in trace.ops):
        notes.append(("also_operation", {"name": name}))
    if len(call.outputs) == 0:
        raise UsageError(
            f"what {name} returned holds no tensor that was seen", where=name,
            expected=_listed(labels) or None,
        )  # fmt: skip
    if len(call.outputs) > 1:
        others = ", ".join(trace.values[number].name for number in call.outputs[1:])
        count = str(len(call.outputs))
        notes.append(("first_of_tensors", {"name": name, "count": count, "others": others}))
    return call.outputs[0], tuple(notes)


def _first_tensor(output: object) -> int:
    found: list[int] = []
    with_tensors(output, found.append)  # pyright: ignore[reportArgumentType] — only their numbers are wanted
    if not found:
        raise UsageError("the network's output holds no tensor that was seen", where=OUTPUT)
    return found[0]


def _whole_index(index: Index | None, shape: tuple[int, ...], name: str) -> Index:
    if index is None and math.prod(shape) == 1:
        return (0,) * len(shape)  # there is only one
    given = index or ()
    if len(given) != len(shape):
        example = with_index(name, tuple(given[: len(shape)]) + (0,) * (len(shape) - len(given)))
        axes = "1 axis" if len(shape) == 1 else f"{len(shape)} axes"
        raise UsageError(
            f"{name} has {axes}, and {len(given)} {'index is' if len(given) == 1 else 'indexes are'} given",
            where=with_index(name, given), expected=f"its shape is {shape_text(shape)}", hint=f'"{example}"',
        )  # fmt: skip
    for axis, (place, side) in enumerate(zip(given, shape, strict=True)):
        if not -side <= place < side:
            raise UsageError(
                f"{name} has no number there", where=with_index(name, given),
                got=f"{place} on axis {axis} (axes count from 0)",
                expected=f"{-side} to {side - 1}: its shape is {shape_text(shape)}" if side
                else f"no number at all: its shape is {shape_text(shape)}",
            )  # fmt: skip
    return tuple(place % side for place, side in zip(given, shape, strict=True))


def _refuse_unknown(trace: Trace, name: str, known: Iterable[str], what: str) -> None:
    near = difflib.get_close_matches(name, dict.fromkeys(known), n=1, cutoff=0.6)
    there = [*trace.inputs, *(op.outputs[0] for op in trace.ops if op.outputs)]
    raise UsageError(
        what, got=repr(name), expected=_listed([name_of(trace, number) for number in there]),
        hint=f"did you mean '{near[0]}'?" if near else None,
    )  # fmt: skip


def _listed(names: list[str]) -> str:
    unique = list(dict.fromkeys(names))
    more = f", … ({len(unique) - MOST_LISTED} more)" if len(unique) > MOST_LISTED else ""
    return ", ".join(unique[:MOST_LISTED]) + more
