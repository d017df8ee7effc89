"""Sizes that lose the picture: maps that shrank too far, strides that skip, fields that stay small."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from glassnet.checks.finding import Finding
from glassnet.checks.passes import Pass, passes
from glassnet.checks.rules.kinds import AVERAGE_POOLS, CONVOLUTIONS, MAX_POOLS, short
from glassnet.inspection.arguments import Call
from glassnet.inspection.receptive import receptive_fields
from glassnet.inspection.sizes import Window, windows_of
from glassnet.trace.trace import shape_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Crash, Seen
    from glassnet.inspection.fields import Fields
    from glassnet.trace.trace import Op

CRASHES = (
    r"Kernel size can't be greater than actual input size",
    r"Output size is too small",
    r"Kernel size: \(.*Calculated padded input size",
    r"non-positive",
    r"smaller than kernel size",
)
MAP_AXES = 4  # pictures, channels, height, width
PART_OF_PICTURE = 4  # a field below this part of the picture's side is small
CONVOLUTIONS_OF_A_NET = 3  # fewer are a toy, or a layer on purpose


def feature_map_too_small(seen: Seen) -> Iterator[Finding]:
    """Find kernels that slide over a map of one pixel, and maps that shrank away altogether.

    Args:
        seen: What was seen.

    Yields:
        One finding for each network, and one for a crash by this.
    """
    if seen.crash is not None and any(re.search(pattern, seen.crash.message) for pattern in CRASHES):
        yield _crashed(seen.crash)
    told = set()
    for one in passes(seen):
        small = [op for op in one.ops if _on_one_pixel(one, op)]
        if not small or one.network.number in told:
            continue
        told.add(one.network.number)
        op = small[0]
        call = Call(one.trace, op)
        source = one.place(op)
        kernel = call.shape(1, "weight")[2:]
        size = 1
        for side in kernel:
            size *= side
        yield Finding(
            "feature-map-too-small", "note" if source is None else "warning", source or op.source,
            one.module_of(op),
            {
                "layer": one.module_of(op) or short(op.name),
                "layers": len(small),
                "kernel": shape_text(kernel),
                "unused": size - 1,
                "size": size,
                "picture": _picture(one),
            },
            "one_pixel",
        )  # fmt: skip


def _crashed(crash: Crash) -> Finding:
    sizes = re.findall(r"\(([\d x]+)\)", crash.message)
    return Finding(
        "feature-map-too-small", "error", crash.source, "",
        {"what": crash.what or "", "sizes": ", ".join(sizes), "before": "; ".join(crash.before)},
        "crash",
    )  # fmt: skip


def _picture(one: Pass) -> str:
    shapes = [one.trace.values[number].shape for number in one.call.inputs]
    return shape_text(shapes[0][2:]) if shapes and len(shapes[0]) == MAP_AXES else ""


def _on_one_pixel(one: Pass, op: Op) -> bool:
    if short(op.name) != "conv2d" or not one.data(op):
        return False
    call = Call(one.trace, op)
    given, kernel = call.shape(0, "input"), call.shape(1, "weight")[2:]
    return len(given) == MAP_AXES and given[2:] == (1, 1) and min(kernel) > 1 and call.output[2:] == (1, 1)


def stride_skips_pixels(seen: Seen) -> Iterator[Finding]:
    """Find windows that jump further than they are wide, so that pixels between them are never seen.

    Args:
        seen: What was seen.

    Yields:
        One finding for each place.
    """
    told = set()
    for one in passes(seen):
        for op in one.ops:
            if short(op.name) not in CONVOLUTIONS | MAX_POOLS | AVERAGE_POOLS or not one.data(op):
                continue
            call = Call(one.trace, op)
            windows = windows_of(call) or ()
            sides = call.shape(0, "input")[-len(windows) :] if windows else ()
            skipped = [w for w, side in zip(windows, sides, strict=True) if _skips(w, side)]
            if not skipped or (skipped[0].kernel == 1 and _seen_elsewhere(one, op)):
                continue  # a shortcut thins the map out that the main way reads whole
            source = one.place(op)
            places = {(source or op.source, one.module_of(op) if source is None else ""), op.label}
            if places & told:
                continue
            told |= places
            sure = source is not None and skipped[0].kernel > 1 and not _seen_elsewhere(one, op)
            window = skipped[0]
            reach = window.dilation * (window.kernel - 1) + 1
            yield Finding(
                "stride-skips-pixels", "warning" if sure else "note", source or op.source, one.module_of(op),
                {
                    "layer": one.module_of(op) or short(op.name),
                    "kernel": window.kernel,
                    "stride": window.stride,
                    "seen": _share(windows),
                    "gap": window.stride - reach,
                },
            )  # fmt: skip


def _skips(window: Window, side: int) -> bool:
    """Tell whether there are pixels between two windows."""
    reach = window.dilation * (window.kernel - 1) + 1
    return window.stride > reach and window.size(side) > 1


def _share(windows: tuple[Window, ...]) -> float:
    """Give the share of pixels that any window sees, in percent."""
    share = 1.0
    for window in windows:
        reach = window.dilation * (window.kernel - 1) + 1
        share *= min(1.0, reach / window.stride)
    return 100 * share


def _seen_elsewhere(one: Pass, op: Op) -> bool:
    """Tell whether another operation reads the same map: a shortcut beside the main way."""
    readers = one.graph.readers.get(one.data(op)[0], [])
    return any(other.number != op.number and other.number in one.graph.live for other in readers)


def small_receptive_field(seen: Seen) -> Iterator[Finding]:
    """Find networks whose last map, before it is averaged, sees only small parts of the picture.

    Args:
        seen: What was seen.

    Yields:
        One finding for each network.
    """
    told = set()
    for one in passes(seen):
        if one.network.number in told or not _takes_pictures(one):
            continue
        told.add(one.network.number)
        found = _small_field(one)
        if found is not None:
            yield found


def _takes_pictures(one: Pass) -> bool:
    trace = one.trace
    return (
        len(one.call.inputs) == 1
        and one.call.inputs[0] in trace.inputs[:1]
        and len(trace.values[one.call.inputs[0]].shape) == MAP_AXES
    )


def _small_field(one: Pass) -> Finding | None:
    sides = one.trace.values[one.call.inputs[0]].shape[2:]
    pool = next((op for op in reversed(one.ops) if _is_global(one, op)), None)  # earlier ones weigh channels
    if pool is None:
        return None
    fields = receptive_fields(one.trace).get(one.data(pool)[0])
    if fields is None or any(field is None or field.size is None or field.whole for field in fields):
        return None
    sizes = _sizes(fields)
    if len(sizes) != len(sides) or all(size >= side for size, side in zip(sizes, sides, strict=True)):
        return None
    convolutions = [op for op in one.ops if op.number < pool.number and _is_wide(one, op)]
    source = one.place(pool)
    small = all(size * PART_OF_PICTURE <= side for size, side in zip(sizes, sides, strict=True))
    one_pixel = small and max(sizes) == 1 and _learns_before(one, pool)  # only what is bright or red is left
    sure = source is not None and (one_pixel or (small and len(convolutions) >= CONVOLUTIONS_OF_A_NET))
    return Finding(
        "small-receptive-field", "warning" if sure else "note", source or pool.source, one.module_of(pool),
        {
            "field": shape_text(sizes),
            "picture": shape_text(sides),
            "layers": len(convolutions),
            "pool": one.module_of(pool) or short(pool.name),
            "part": 100 * sizes[0] / sides[0],
        },
        explains=("cannot-overfit-batch", "plateau") if sure else (),
    )  # fmt: skip


def _learns_before(one: Pass, pool: Op) -> bool:
    """Tell whether there are weights before the pooling, so that it is no mere summary of the picture."""
    return any(short(op.name) in CONVOLUTIONS for op in one.ops if op.number < pool.number)


def _sizes(fields: Fields) -> tuple[int, ...]:
    return tuple(field.size for field in fields if field is not None and field.size is not None)


def _is_wide(one: Pass, op: Op) -> bool:
    return short(op.name) in CONVOLUTIONS and max(Call(one.trace, op).shape(1, "weight")[2:], default=1) > 1


def _is_global(one: Pass, op: Op) -> bool:
    """Tell whether an operation averages (or takes the largest of) a whole map of more than one pixel."""
    name = short(op.name)
    if name not in AVERAGE_POOLS | MAX_POOLS | {"mean", "amax"} or not one.data(op) or not op.outputs:
        return False
    given = one.trace.values[one.data(op)[0]].shape
    made = one.trace.values[op.outputs[0]].shape
    if len(given) != MAP_AXES or max(given[2:]) == 1:
        return False
    return made in {(*given[:2], 1, 1), given[:2]}
