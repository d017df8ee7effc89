"""BatchNorm and its neighbours: a bias or dropout right before it, one module for two places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glassnet.checks.finding import Finding
from glassnet.checks.passes import Pass, passes
from glassnet.checks.rules.kinds import (
    ACTIVATIONS,
    AFFINE,
    AVERAGE_POOLS,
    DROPOUTS,
    MAX_POOLS,
    VIEWS,
    short,
)
from glassnet.inspection.arguments import Call
from glassnet.trace.source_line import is_own

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Seen
    from glassnet.trace.trace import ModuleCall, Op, Source

BIAS_PLACE = 2  # among the arguments of conv and linear


def bias_before_batchnorm(seen: Seen) -> Iterator[Finding]:
    """Find layers whose bias the BatchNorm after them takes away again.

    Args:
        seen: What was seen.

    Yields:
        One finding for each network.
    """
    told = set()
    for one in passes(seen):
        if one.network.number in told:
            continue
        layers = {}
        for op in one.ops:
            before = _before_norm(one, op)
            if before is None or short(before.name) not in AFFINE:
                continue
            bias = Call(one.trace, before).value(BIAS_PLACE, "bias")
            if bias is not None and bias not in one.driven:
                layers[one.module_of(before)] = (before, one.module_of(op))
        if not layers:
            continue
        told.add(one.network.number)
        path, (op, norm) = next(iter(layers.items()))
        yield Finding(
            "bias-before-batchnorm", "note", _made(one, op, path), path,
            {"layer": path, "norm": norm, "layers": len(layers)}, "one" if len(layers) == 1 else "several",
        )  # fmt: skip


def _before_norm(one: Pass, op: Op) -> Op | None:
    """Find what made the input of a BatchNorm, with nothing between."""
    if short(op.name) != "batch_norm" or not one.data(op):
        return None
    return one.maker(one.data(op)[0])


def _made(one: Pass, op: Op, path: str) -> Source | None:
    module = one.module(path)
    layer = module is not None and type(module).__module__.startswith("torch.nn.")
    return (one.made_at(path) if layer else None) or one.place(op) or op.source


def dropout_before_batchnorm(seen: Seen) -> Iterator[Finding]:
    """Find dropout whose result reaches a BatchNorm directly or through one affine layer.

    Args:
        seen: What was seen.

    Yields:
        One finding for each network.
    """
    told = set()
    through = ACTIVATIONS | VIEWS | AVERAGE_POOLS | MAX_POOLS
    for one in passes(seen):
        for op in one.ops:
            if one.network.number in told or short(op.name) != "batch_norm" or not one.data(op):
                continue
            before, affine = one.maker(one.data(op)[0]), ""
            while before is not None and one.data(before):
                name = short(before.name)
                if name in AFFINE and not affine:
                    affine = one.module_of(before) or name
                elif name not in through:
                    break
                before = one.maker(one.data(before)[0])
            if before is None or short(before.name) not in DROPOUTS or not _drops(one, before):
                continue
            told.add(one.network.number)
            norm, path = one.module_of(op), one.module_of(before)
            yield Finding(
                "dropout-before-batchnorm", "note", one.place(before) or before.source, path,
                {
                    "dropout": path or short(before.name),
                    "norm": norm,
                    "rate": _rate(one, before),
                    "affine": affine,
                },
                "affine" if affine else "direct",
            )  # fmt: skip


def _rate(one: Pass, op: Op) -> float:
    return float(Call(one.trace, op).argument(1, "p", 0.5))


def _drops(one: Pass, op: Op) -> bool:
    return _rate(one, op) > 0


def batchnorm_shared(seen: Seen) -> Iterator[Finding]:
    """Find a BatchNorm that normalises the results of different layers in one pass.

    Args:
        seen: What was seen.

    Yields:
        One finding for each such module.
    """
    told = set()
    for one in passes(seen):
        uses: dict[str, list[tuple[Op, ModuleCall]]] = {}
        for op in one.ops:
            if short(op.name) == "batch_norm" and one.data(op) and op.call is not None:
                call = one.trace.calls[op.call]
                if "BatchNorm" in call.type:
                    uses.setdefault(call.path, []).append((op, call))
        for path, places in uses.items():
            # a part that is called twice as a whole shares all its layers on purpose
            parents = {call.parent for _, call in places}
            if path in told or len(places) < 2 or len(parents) > 1:  # noqa: PLR2004
                continue
            sources = [_layer(one, op) for op, _ in places]
            if len(set(sources)) < 2:  # noqa: PLR2004 — one layer in a loop: weights are shared on purpose
                continue
            told.add(path)
            yield _shared(one, path, places, sources)


def _layer(one: Pass, op: Op) -> str:
    """Name the layer whose result is normalised."""
    number = one.data(op)[0]
    while True:
        maker = one.maker(number)
        if maker is None:
            return "input"
        if short(maker.name) in AFFINE:
            return one.module_of(maker)
        if not one.data(maker):
            return maker.label
        number = one.data(maker)[0]


def _shared(one: Pass, path: str, places: list[tuple[Op, ModuleCall]], layers: list[str]) -> Finding:
    lines = [one.place(op) for op, _ in places]
    again = next((n for n in range(1, len(places)) if layers[n] != layers[0]), 1)
    source = places[again][1].source if lines[again] is None else lines[again]
    if (
        lines[again] is not None and lines[again] == lines[0]
    ):  # in a Sequential both are the line that makes it
        source = lines[0]
    own = source is not None and is_own(source.file)
    shapes = {one.trace.values[number].shape[1:] for op, _ in places for number in one.data(op)[:1]}
    return Finding(
        "batchnorm-shared", "warning" if own else "note", source, path,
        {
            "norm": path,
            "uses": len(places),
            "layers": ", ".join(dict.fromkeys(layers)),
            "shapes": len(shapes),
        },
        explains=("unused-module",),
    )  # fmt: skip
