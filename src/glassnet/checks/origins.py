"""Where a value comes from: walked back through operations that do not change what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glassnet.inspection.arguments import refs_in
from glassnet.trace.trace import Ref

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import torch

    from glassnet.checks.seen import Look, Seen
    from glassnet.trace.trace import Op, Trace

# the same numbers in another shape or type
SAME = frozenset(
    {
        "view",
        "reshape",
        "flatten",
        "unflatten",
        "squeeze",
        "unsqueeze",
        "permute",
        "transpose",
        "swapaxes",
        "movedim",
        "t",
        "T",
        "mT",
        "contiguous",
        "clone",
        "to",
        "float",
        "double",
        "half",
        "bfloat16",
        "type",
        "type_as",
        "cpu",
        "cuda",
        "detach",
        "data",
        "view_as",
        "reshape_as",
        "expand",
        "expand_as",
        "alias",
        "ravel",
        "squeeze_",
        "unsqueeze_",
        "requires_grad_",
        "identity",
        "long",
        "int",
    }
)
# a part of the numbers, or several such values one after the other
PARTS = frozenset({"getitem", "select", "narrow", "index_select", "cat", "concat", "stack", "chunk", "split"})
# nothing that matters for what the numbers stand for
NEAR = frozenset({"dropout", "clamp", "clamp_", "clamp_min", "clip", "nan_to_num"})


def maker(trace: Trace, value: int) -> Op | None:
    """Give the operation that made a value.

    Args:
        trace: It.
        value: Number of the value.

    Returns:
        The operation; None for inputs, parameters and constants.
    """
    made_by = trace.values[value].made_by
    return None if made_by is None else trace.ops[made_by]


def plain(op: Op) -> str:
    """Give an operation's name without the mark of one that works in place.

    Args:
        op: Any.

    Returns:
        `relu` for both `relu` and `relu_`.
    """
    return op.name.rstrip("_")


def given(op: Op, place: int, name: str, default: Any = None) -> Any:
    """Give an argument, however it was passed.

    Args:
        op: A call.
        place: Among the positional arguments.
        name: As a keyword.
        default: Where it was not passed.

    Returns:
        The argument; a `Ref` for a tensor.
    """
    return op.args[place] if place < len(op.args) else op.kwargs.get(name, default)


def given_value(op: Op, place: int, name: str) -> int | None:
    """Give the value that an argument is.

    Args:
        op: A call.
        place: Among the positional arguments.
        name: As a keyword.

    Returns:
        Its number; None where it is no tensor.
    """
    found = given(op, place, name)
    return found.value if isinstance(found, Ref) else None


def first_value(op: Op) -> int | None:
    """Give the first tensor among an operation's arguments, also the first of a list.

    Args:
        op: A call.

    Returns:
        Its number; None where there is none.
    """
    refs = refs_in(op.args) or refs_in(op.kwargs)
    return refs[0] if refs else (op.inputs[0] if op.inputs else None)


def walk_back(trace: Trace, value: int, through: Collection[str] = SAME) -> Iterator[Op]:
    """Go back from a value through operations that keep its meaning, to the one that gave it one.

    Args:
        trace: It.
        value: Number of the value to begin at.
        through: Names of the operations to go through.

    Yields:
        The operations met, the last one being the first that is not in `through`.
    """
    while (op := maker(trace, value)) is not None:
        yield op
        following = first_value(op)
        if (op.name not in through and plain(op) not in through) or following is None or following >= value:
            return
        value = following


def origin(trace: Trace, value: int, through: Collection[str] = SAME) -> Op | None:
    """Give the operation that gave a value its meaning.

    Args:
        trace: It.
        value: Number of the value to begin at.
        through: Names of the operations to go through.

    Returns:
        The first operation back that is not in `through`; None where none made the value.
    """
    last = None
    for last in walk_back(trace, value, through):  # noqa: B007 — the last one is what is sought
        pass
    return last if last is not None and last.name not in through and plain(last) not in through else None


def root(trace: Trace, value: int, through: Collection[str] = SAME) -> int:
    """Give the value that another one is, before its views and casts.

    Args:
        trace: It.
        value: Number of the value to begin at.
        through: Names of the operations to go through.

    Returns:
        The number of the earliest such value.
    """
    for op in walk_back(trace, value, through):
        if op.name not in through and plain(op) not in through:
            return value
        following = first_value(op)
        if following is None or following >= value:
            return value
        value = following
    return value


def ancestors(trace: Trace, value: int) -> set[int]:
    """List all operations that a value was computed by.

    Args:
        trace: It.
        value: Number of the value.

    Returns:
        Numbers of operations.
    """
    found: set[int] = set()
    waiting = [value]
    while waiting:
        op = maker(trace, waiting.pop())
        if op is not None and op.number not in found:
            found.add(op.number)
            waiting.extend(op.inputs)
    return found


def readers(trace: Trace) -> dict[int, list[Op]]:
    """List for every value the operations that read it.

    Args:
        trace: It.

    Returns:
        Operations by value.
    """
    found: dict[int, list[Op]] = {}
    for op in trace.ops:
        for value in op.inputs:
            found.setdefault(value, []).append(op)
    return found


def losses_of(seen: Seen, names: Collection[str]) -> Iterator[tuple[Look, Op]]:
    """List the calls of loss functions in all looks.

    Args:
        seen: What was seen.
        names: Of the functions.

    Yields:
        The look and the call.
    """
    for look in seen.looks:
        for op in look.trace.ops:
            if op.name in names and op.outputs:
                yield look, op


def kept(look: Look, value: int | None) -> torch.Tensor | None:
    """Give the numbers of a value where they were kept, also under another shape.

    Args:
        look: In which it is.
        value: Its number.

    Returns:
        The tensor; None where it was not kept.
    """
    return None if value is None else look.trace.kept.get(value)


def left_the_samples(trace: Trace, rows: int, got: int) -> Op | None:
    """Find the operation after which what a network computes no longer has one row a sample.

    Args:
        trace: That ends with a loss of other rows than labels.
        rows: Labels.
        got: Rows of the network's answer.

    Returns:
        The operation; None where it cannot be told.
    """
    outer = [call for call in trace.calls if call.parent is None and call.outputs]
    for call in reversed(outer):
        answer = call.outputs[0]
        if trace.values[answer].shape[:1] != (got,):
            continue
        op = maker(trace, answer)
        while op is not None:
            value = first_value(op)
            if value is None:
                return None
            if trace.values[value].shape[:1] == (rows,) and trace.values[op.outputs[0]].shape[:1] != (rows,):
                return op
            op = maker(trace, value)
    for op in reversed(trace.ops):  # outside the network
        value = first_value(op)
        if value is None or not op.outputs or op.call is not None:
            continue
        before, after = trace.values[value], trace.values[op.outputs[0]]
        if after.requires_grad and before.shape[:1] == (rows,) and after.shape[:1] == (got,):
            return op
    return None
