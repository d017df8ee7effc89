"""Numbers of a wrong type: losses and layers that stop at them, whole numbers that lose what they held."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from glassnet.checks.finding import Finding
from glassnet.checks.lines import own_line
from glassnet.checks.origins import losses_of, plain
from glassnet.checks.places import once_a_line
from glassnet.checks.written import line_written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Look, Seen
    from glassnet.trace.trace import Op

CODE = "wrong-dtype"
REFUSALS = (
    re.compile(r"expected scalar type \w+ but found \w+"),
    re.compile(r"have the same dtype"),
    re.compile(r"Input type \(.+\) and (bias|weight) type \(.+\) should be the same"),
    re.compile(r"Found dtype \w+ but expected \w+"),
    re.compile(r"not implemented for '\w+'"),
    re.compile(r"result type \w+ can't be cast to"),
    re.compile(r"could not infer output dtype"),
    re.compile(r"Expected floating point type for target"),
    re.compile(r"Only Tensors of floating point and complex dtype can require gradients"),
    re.compile(r"only applicable to index tensor"),
    re.compile(r"to have one of the following scalar types"),
    re.compile(r"should be a float tensor"),
    re.compile(r"tensors used as indices must be"),
    re.compile(r"with (two|a) bool tensors? is not supported"),
    re.compile(r"[Ee]xpected .*dtype.* (got|but)"),
    re.compile(r"must be (of )?(type )?(Long|Float|float|long|floating)"),
)
DOUBLE = re.compile(r"\.double\(\)|\.to\((dtype=)?torch\.(float64|double)\)")
WHOLE = frozenset({"uint8", "int8", "int16", "int32", "int64", "bool"})
NARROW = frozenset({"uint8", "int8"})
CASTS = frozenset({"to", "long", "int", "byte", "char", "short", "type", "type_as", "bool"})
WRAPS = frozenset({"sub", "add", "mul", "neg", "isub", "iadd", "imul", "rsub"})
CONSUMERS = frozenset({"conv1d", "conv2d", "conv3d", "linear", "matmul", "addmm", "batch_norm"})
DIVIDES = frozenset({"floor_divide", "ifloordiv", "floordiv"})


@once_a_line
def wrong_dtype(seen: Seen) -> Iterator[Finding]:
    """Find types that stop a script, and whole numbers on the way into a network that lose the picture.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    crash = seen.crash
    if (
        crash
        and crash.type
        in (
            "RuntimeError",
            "TypeError",
            "ValueError",
            "NotImplementedError",
            "IndexError",
        )
        and any(refusal.search(crash.message) for refusal in REFUSALS)
    ):
        evidence: dict[str, object] = {
            "error": crash.message.split("\n")[0][:200],
            "what": crash.what or "?",
        }
        yield Finding(CODE, "error", crash.source, "", evidence, form="crash")
        return
    for look in seen.looks:
        yield from _lossy(look)
    for network in seen.networks:
        kinds = {str(p.dtype) for p in network.module.parameters()}
        if kinds == {"torch.float64"}:
            written = line_written(seen, DOUBLE)
            classifies = any(True for _ in losses_of(seen, {"cross_entropy", "nll_loss"}))
            severity = "warning" if written and classifies else "note"
            path = network.prefix.removesuffix(".")
            yield Finding(CODE, severity, written or network.source, path, {}, form="double")


def _lossy(look: Look) -> Iterator[Finding]:
    trace = look.trace
    feeding = _feeding(look)
    for op in trace.ops:
        if op.number not in feeding or not op.outputs or not op.inputs:
            continue
        before, after = trace.values[op.inputs[0]], trace.values[op.outputs[0]]
        if before.statistics is None or after.statistics is None:
            continue
        name = plain(op)
        if name in CASTS and before.dtype.startswith("float") and after.dtype in WHOLE:
            fractions = before.statistics.maximum <= 1 and before.statistics.minimum >= -1
            if (
                fractions
                and before.statistics.deviation > 0
                and before.statistics.mean % 1
                and (after.statistics.zeros > 0.9 > before.statistics.zeros)  # noqa: PLR2004
            ):
                yield _finding(look, op, "cut", before.dtype, after.dtype)
        elif name in WRAPS and after.dtype in NARROW and before.dtype in NARROW:
            yield _finding(look, op, "wraps", before.dtype, after.dtype)
        elif name in DIVIDES and after.dtype in WHOLE and after.statistics.zeros > 0.9:  # noqa: PLR2004
            yield _finding(look, op, "cut", before.dtype, after.dtype)


def _feeding(look: Look) -> set[int]:
    """List the operations whose results go into a convolution or a linear layer."""
    trace = look.trace
    wanted: set[int] = set()
    found: set[int] = set()
    for op in reversed(trace.ops):
        if plain(op) in CONSUMERS and op.inputs:
            wanted.add(op.inputs[0])
        elif wanted.intersection(op.outputs) and not op.parameters:
            found.add(op.number)
            wanted.update(op.inputs)
    return found


def _finding(look: Look, op: Op, form: str, before: str, after: str) -> Finding:
    module = look.trace.calls[op.call].path if op.call is not None else ""
    evidence: dict[str, object] = {"operation": plain(op), "before": before, "after": after}
    explains = ("plateau", "blank-pictures", "pictures-not-normalised", "output-ignores-input")
    return Finding(CODE, "error", own_line(op, look.trace), module, evidence, form=form, explains=explains)
