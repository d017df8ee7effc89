"""Traces built by hand: operations with any links, in any nesting of modules."""

from __future__ import annotations

from hypothesis import strategies as st

from glassnet.trace.trace import ModuleCall, Op, Ref, Trace, Value

NAMES = ("conv2d", "relu", "add", "cat", "batch_norm", "flatten", "类")


def value(number, made_by, name, kind="result", shape=(1, 4)):
    return Value(number, kind, name, shape, "float32", "cpu", made_by, False, 16)


def built(reads, calls, names=None, network="Net", types=None, paths=None):
    """Build a trace: what each operation reads (−1 is the input), and (first, end, parent) of each module call."""
    calls = [(0, len(reads), None), *calls]
    values = [value(0, None, "images", "input")] + [value(n + 1, n, f"v{n}") for n in range(len(reads))]
    ops = []
    for number, those in enumerate(reads):
        around = max((c for c, (first, end, _) in enumerate(calls) if first <= number < end), default=0)
        inputs = tuple(dict.fromkeys(source + 1 for source in those))
        name = names[number] if names else NAMES[number % len(NAMES)]
        ops.append(
            Op(
                number,
                name,
                f"torch.{name}",
                f"{name}_{number}",
                tuple(map(Ref, inputs)),
                {},
                inputs,
                (number + 1,),
                around,
                None,
                "forward",
                (),
                0,
                0.0,
                False,
                False,
            )
        )
    module_calls = [
        ModuleCall(
            number,
            ("" if number == 0 else paths[number - 1] if paths else f"m{number}"),
            network if number == 0 else types[number - 1] if types else f"Type{number % 3}",
            parent,
            0,
            first,
            end,
            (0,),
            (end,) if end > first else (),
            None,
            False,
            True,
        )
        for number, (first, end, parent) in enumerate(calls)
    ]
    return Trace(
        network, (), tuple(module_calls), tuple(ops), tuple(values), (0,), Ref(len(reads)), None, (), (), 0.0
    )


@st.composite
def traces(draw, most=24):
    """Random directed graphs of operations in random nested modules."""
    count = draw(st.integers(1, most))
    reads = [
        draw(st.lists(st.integers(-1, number - 1), min_size=0 if number else 1, max_size=3))
        for number in range(count)
    ]
    calls: list[tuple[int, int, int]] = []

    def nest(first, end, parent, depth):
        at = first
        while at < end and depth < 4:
            at += draw(st.integers(0, 3))
            length = draw(st.integers(1, 8))
            if at + length > end or len(calls) > 12:
                return
            if length < end - first or depth == 0:
                calls.append((at, at + length, parent))
                nest(at, at + length, len(calls), depth + 1)
            at += length

    nest(0, count, 0, 0)
    return built(reads, calls)
