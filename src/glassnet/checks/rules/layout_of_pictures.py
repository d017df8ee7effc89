# ruff: noqa: PLR2004 — a rule is a row of conditions
"""Pictures with their channels last in a network that takes them first, or reshaped instead of turned."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from glassnet.checks.batches import CHANNELS, is_channels_last, is_picture_shape, passes, training_loaders
from glassnet.checks.finding import Finding
from glassnet.checks.lines import own_line
from glassnet.checks.rules.normalisation import first_weighted
from glassnet.checks.script_lines import calls_in, line_of_call, names_given, origins_of
from glassnet.trace.trace import shape_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

    from glassnet.checks.batches import Pass
    from glassnet.checks.script_lines import Origin
    from glassnet.checks.seen import Crash, Seen
    from glassnet.trace.trace import Source

CODE = "channels-last"
CRASH = re.compile(r"expected input\[(\d+), (\d+), (\d+), (\d+)\] to have (\d+) channels, but got (\d+)")
SYMPTOMS = (
    "reshape-mixes-axes",
    "feature-map-too-small",
    "wrong-dim",
    "small-receptive-field",
    "input-ignored",
)
MADE = ("from_numpy", "as_tensor", "tensor", "FloatTensor", "Tensor", "stack", "pil_to_tensor")
TURNED = ("permute", "movedim", "moveaxis", "transpose", "swapaxes")
RESHAPED = ("reshape", "view", "unflatten", "resize")
SMOOTHER = 0.6  # read the other way, neighbours differ at most this much of what they do as given
SMOOTH = 0.5  # in a picture, neighbours differ at most this much of what any pixel does from the mean
SLIGHTLY = 0.97  # the same, where a reshape stands in the script
SAMPLES = 64


def channels_last(seen: Seen) -> Iterator[Finding]:
    """Find pictures whose axes stand in the wrong order.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    if seen.by == "check":
        return
    if seen.crash is not None:
        found = _of_crash(seen, seen.crash)
        if found is not None:
            yield found
            return
    for one in passes(seen):
        found = _of_conv(seen, one) or _turned_away(one) or _of_reshape(seen, one)
        if found is not None:
            yield found
            return


def _of_crash(seen: Seen, crash: Crash) -> Finding | None:
    """Read the shapes from what a convolution says of them."""
    match = CRASH.search(crash.message)
    if match is None:
        return None
    number, second, third, last, expected, _ = (int(group) for group in match.groups())
    if last != expected or last not in CHANNELS or second in CHANNELS or min(second, third) <= last:
        return None
    shape = (number, second, third, last)
    where = _line(_origins(seen, crash.source)) or crash.source
    evidence: dict[str, object] = {"shape": shape_text(shape), "channels": last, "taken": second}
    return Finding(CODE, "error", where, evidence=evidence, form="crash", explains=SYMPTOMS)


def _of_conv(seen: Seen, one: Pass) -> Finding | None:
    """Find a convolution over pictures N×H×W×C."""
    trace = one.look.trace
    if not is_channels_last(one.input.shape):
        return None
    first = first_weighted(trace, one)
    if first is None or first.name != "conv2d":
        return None
    value = trace.values[first.inputs[0]]
    if value.shape != one.input.shape:
        return None
    where = _line(_origins(seen, one.call.source)) or own_line(first, trace)
    evidence: dict[str, object] = {
        "shape": shape_text(value.shape),
        "channels": value.shape[3],
        "taken": value.shape[1],
    }
    return Finding(CODE, "error", where, evidence=evidence, form="main", explains=SYMPTOMS)


def _turned_away(one: Pass) -> Finding | None:
    """Find a convolution over pictures whose channels were first, and were turned to the back."""
    trace = one.look.trace
    if not is_picture_shape(one.input.shape):
        return None
    first = first_weighted(trace, one)
    if first is None or first.name != "conv2d":
        return None
    value, channels = trace.values[first.inputs[0]], one.input.shape[1]
    if len(value.shape) != 4 or sorted(value.shape) != sorted(one.input.shape):
        return None
    if value.shape[1] == channels or channels not in value.shape[2:] or value.made_by is None:
        return None
    turning = trace.ops[value.made_by]
    if turning.name not in TURNED:
        return None
    evidence: dict[str, object] = {
        "given": shape_text(one.input.shape), "shape": shape_text(value.shape), "channels": channels,
        "taken": value.shape[1],
    }  # fmt: skip
    where = own_line(turning, trace)
    return Finding(CODE, "error", where, evidence=evidence, form="turned", explains=SYMPTOMS)


def _of_reshape(seen: Seen, one: Pass) -> Finding | None:
    """Find pictures whose bytes lie as N×H×W×C under the shape N×C×H×W: neighbours are no neighbours."""
    images = one.images
    if images is None or not is_picture_shape(one.input.shape) or one.input.made_by is not None:
        return None
    if images.shape[1] == 1 or len(images) < 4 or images.is_complex():
        return None
    pictures = images[:SAMPLES].float()
    number, channels, height, width = pictures.shape
    turned = pictures.reshape(number, height, width, channels).permute(0, 3, 1, 2)
    as_given, as_turned = _roughness(pictures), _roughness(turned)
    spread = float((turned - turned.mean(dim=(2, 3), keepdim=True)).abs().mean())
    if not as_given > 0 or as_turned > SLIGHTLY * as_given:
        return None
    origins = _origins(seen, one.call.source)
    cut = _line_of_cut(origins, channels)
    if cut is None and (as_turned > SMOOTHER * as_given or as_turned > SMOOTH * spread):
        return None
    where = cut or line_of_call(origins, RESHAPED) or _line(origins) or one.call.source
    ratio = as_given / max(as_turned, 1e-12)
    evidence: dict[str, object] = {"shape": shape_text(one.input.shape), "channels": channels, "ratio": ratio}
    return Finding(CODE, "error", where, evidence=evidence, form="reshaped", explains=SYMPTOMS)


def _line_of_cut(origins: list[Origin], channels: int) -> Source | None:
    """Find a reshape whose last three sides are the channels and two sides of pictures."""
    for origin, call in calls_in(origins, RESHAPED):
        sides = (
            call.args[0].elts if call.args and isinstance(call.args[0], ast.Tuple | ast.List) else call.args
        )
        if len(sides) >= 3 and isinstance(sides[-3], ast.Constant) and sides[-3].value == channels:
            return origin.source(call)
    return None


def _roughness(pictures: torch.Tensor) -> float:
    """Measure how much neighbours differ on average."""
    across = float(pictures.diff(dim=3).abs().mean())
    down = float(pictures.diff(dim=2).abs().mean())
    return (across + down) / 2


def _origins(seen: Seen, source: Source | None) -> list[Origin]:
    origins = origins_of(source, names=names_given(source))
    for loader in training_loaders(seen) or seen.loaders:
        origins += origins_of(loader.source)
    return origins


def _line(origins: list[Origin]) -> Source | None:
    """Find where the axes were moved wrongly, else where the pictures became tensors."""
    turned = line_of_call(origins, TURNED)
    if turned is not None:
        return turned
    for origin, call in calls_in(origins, MADE):
        if call.args and not isinstance(call.args[0], ast.List | ast.Tuple | ast.Constant):
            return origin.source(call)
    return None
