# ruff: noqa: PLR0911, PLR2004 — a rule is a row of conditions
"""Pictures that enter a network with values of 0 to 255, or divided or normalised twice."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import torch

from glassnet.checks.batches import as_pictures, is_picture_shape, passes, training_loaders
from glassnet.checks.finding import Finding
from glassnet.checks.levels import levels_of
from glassnet.checks.script_lines import Origin, calls_in, line_of_call, origins_of
from glassnet.checks.transforms_of import numbers_of, steps_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.batches import Pass
    from glassnet.checks.seen import Seen
    from glassnet.trace.trace import Op, Source, Statistics, Trace

CODE = "pictures-not-normalised"
WEIGHTED = ("conv1d", "conv2d", "conv3d", "linear", "conv_transpose2d", "addmm", "matmul", "mm", "bmm")
NORMS = ("batch_norm", "layer_norm", "group_norm", "instance_norm", "rms_norm", "local_response_norm")
MOST_PICTURES = 64  # looked at, of a batch
UNSCALED_HIGHEST = 100.0
TINY = 0.0045  # 1/255 and a bit: what 0..1 becomes when it is divided by 255 again
COLOURS, DARKEST, MEAN = 3, 3, 20  # of usual pictures, a black pixel after Normalize is at -2.1
NARROW = 0.02  # 1/255 divided by a usual deviation of 0.2
RAW = ("PILToTensor", "pil_to_tensor", "read_image", "decode_image", "decode_jpeg", "decode_png", "imread")
MADE_FLOAT = ("float", "FloatTensor", "from_numpy", "as_tensor", "tensor", "Tensor", "astype", "stack")


def pictures_not_normalised(seen: Seen) -> Iterator[Finding]:
    """Find pictures whose numbers are far from what layers are initialised for.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    if seen.by == "check":
        return
    done: set[tuple] = set()
    for one in passes(seen):
        place = one.call.path, one.trained, one.call.source, one.input.shape[1:]
        if place in done:
            continue
        done.add(place)
        finding = _of_pass(seen, one)
        if finding is not None:
            yield finding
            return


def _of_pass(seen: Seen, one: Pass) -> Finding | None:
    op = first_weighted(one.look.trace, one)
    if op is None or one.images is None:
        return None
    value = _data_input(one.look.trace, op)
    if value is None or (numbers := one.look.trace.values[value].statistics) is None:
        return None
    pictures = as_pictures(one.images[:MOST_PICTURES])
    if pictures is None or pictures.is_complex():
        return None
    certain = is_picture_shape(one.images.shape)
    form = _form(pictures, numbers, certain=certain)
    evidence: dict[str, object] = {
        "low": numbers.minimum, "high": numbers.maximum, "mean": numbers.mean, "deviation": numbers.deviation,
    }  # fmt: skip
    if form is None:
        return _normalised_twice(seen, one, evidence)
    origins = _origins(seen, one)
    where = _line(form, origins) or _loader_line(seen) or one.call.source
    severity = "error" if form == "other_scale" else "warning"
    return Finding(CODE, severity, where, evidence=evidence, form=form, explains=SYMPTOMS)


def _origins(seen: Seen, one: Pass) -> list[Origin]:
    origins = origins_of(one.call.source)
    for loader in training_loaders(seen):
        origins += origins_of(loader.source)
    return origins


SYMPTOMS = (
    "initial-loss", "learning-rate-too-high", "learning-rate-too-low", "dead-relus", "saturated-activations",
    "exploding-gradients", "vanishing-gradients", "plateau", "initialisation-gain", "not-finite",
    "cannot-overfit-batch", "modes-disagree",
)  # fmt: skip


def _form(pictures: torch.Tensor, numbers: Statistics, *, certain: bool) -> str | None:
    """Name what is wrong with the numbers that enter the first layer, None where nothing is."""
    low, high = numbers.minimum, numbers.maximum
    spread = high - low
    if spread <= 0 or numbers.num_not_finite:
        return None
    if low >= 0 and UNSCALED_HIGHEST < high <= 255.5 and numbers.mean > 4:
        return "unscaled" if certain or levels_of(pictures) is not None else None
    if spread > UNSCALED_HIGHEST and high <= 10_000 and low > -15 and high > 20 * -low:
        channel = levels_of(pictures[:, 0])
        if channel is not None and channel.step > 0.9 and channel.lowest > -15 * channel.step:
            return "other_scale"
        colours = certain and pictures.shape[1] == COLOURS  # drawn ones may have too few levels to be sure by
        return (
            "other_scale" if channel is None and colours and low > -DARKEST and numbers.mean > MEAN else None
        )
    if low >= 0 and high <= TINY and high > TINY / 5 and (certain or levels_of(pictures) is not None):
        return "divided_twice"
    if certain and pictures.shape[0] > 1 and _is_narrow(pictures):
        return "narrow"
    return None


def _is_narrow(pictures: torch.Tensor) -> bool:
    """Tell whether every channel stays within a hair's breadth of a constant other than 0."""
    if not pictures.is_floating_point():
        return False
    for channel in range(pictures.shape[1]):
        numbers = pictures[:, channel].float()
        low, high = float(numbers.min()), float(numbers.max())
        if not (0 < high - low <= NARROW) or min(abs(low), abs(high)) < 0.2:
            return False
        if levels_of(numbers) is None:
            return False
    return True


def first_weighted(trace: Trace, one: Pass) -> Op | None:
    """Find the first operation with weights that the input of a network meets; None if it is normalised."""
    last = min(one.call.end_op, len(trace.ops))
    reached = {one.input.number}
    for op in trace.ops[one.call.first_op : last]:
        if not reached.intersection(op.inputs):
            continue
        if op.name in NORMS or "norm" in op.name:
            return None
        if op.name in WEIGHTED and op.parameters:
            return op
        if op.name in ("embedding", "embedding_bag", "multi_head_attention_forward", "lstm", "gru"):
            return None
        reached.update(op.outputs)
    return None


def _data_input(trace: Trace, op: Op) -> int | None:
    return next((n for n in op.inputs if trace.values[n].kind not in ("parameter", "buffer")), None)


def _normalised_twice(seen: Seen, one: Pass, evidence: dict[str, object]) -> Finding | None:
    """Find two normalisations with mean and deviation one after the other."""
    for loader in training_loaders(seen):
        steps = [step for step in steps_of(loader.loader.dataset) if numbers_of(step) is not None]
        numbers = [numbers_of(step) for step in steps]
        if not numbers or numbers[0] is None:
            continue
        mean, deviation = numbers[0]
        if not _is_usual(mean, deviation):
            continue
        if len(numbers) > 1 and all(n is not None and _is_usual(*n) for n in numbers):
            calls = calls_in(_origins(seen, one), ("Normalize", "normalize"))
            lines = [origin.source(call) for origin, call in calls]
            where = lines[1] if len(lines) > 1 else next(iter(lines), loader.source)
            evidence |= {"means": _text(mean), "deviations": _text(deviation)}
            return Finding(
                CODE, "warning", where, evidence=evidence, form="normalised_twice", explains=SYMPTOMS
            )
        again = _subtracted_again(one, mean)
        if again is not None:
            evidence |= {"means": _text(mean), "deviations": _text(deviation)}
            return Finding(
                CODE, "warning", again, evidence=evidence, form="normalised_twice", explains=SYMPTOMS
            )
    return None


def _is_usual(mean: tuple[float, ...], deviation: tuple[float, ...]) -> bool:
    """Tell whether a Normalize brings 0..1 to around 0; one that takes it back has a negative mean."""
    return all(0.05 < m < 0.95 for m in mean) and all(0 < d < 0.95 for d in deviation)


def _subtracted_again(one: Pass, mean: tuple[float, ...]) -> Source | None:
    """Find an operation between the loader and the first layer that subtracts the same mean again."""
    trace = one.look.trace
    first = first_weighted(trace, one)
    if first is None:
        return None
    for op in trace.ops[: first.number]:
        if op.name not in ("sub", "sub_", "__sub__", "normalize", "rsub"):
            continue
        for argument in op.args[1:]:
            number = getattr(argument, "value", None)
            content = trace.kept.get(number) if number is not None else argument
            values = content.flatten().tolist() if isinstance(content, torch.Tensor) else content
            values = values if isinstance(values, list | tuple) else [values]
            if len(values) == len(mean) and all(
                isinstance(v, int | float) and abs(v - m) < 1e-3 for v, m in zip(values, mean, strict=True)
            ):
                return op.source
    return None


def _text(numbers: tuple[float, ...]) -> str:
    return ", ".join(f"{number:.3g}" for number in numbers)


def _line(form: str, origins: list[Origin]) -> Source | None:
    """Find the line that a person would mend."""
    if form == "unscaled":
        return line_of_call(origins, RAW) or _line_of_floats(origins)
    if form == "other_scale":
        return line_of_call(origins, ("Normalize", "normalize")) or line_of_call(origins, RAW)
    divided = _lines_with_255(origins)
    normalised = [origin.source(call) for origin, call in calls_in(origins, ("Normalize", "normalize"))]
    if form == "narrow":
        large = [
            origin.source(call)
            for origin, call in calls_in(origins, ("Normalize", "normalize"))
            if any(isinstance(c, ast.Constant) and isinstance(c.value, int | float) and c.value > 20
                   for c in ast.walk(call))
        ]  # fmt: skip
        return next(iter([*large, *divided, *normalised]), None)
    return next(iter([*divided, *normalised]), None)


def _line_of_floats(origins: list[Origin]) -> Source | None:
    """Find where whole numbers became floats: conversions nearest to the loader, not of labels."""
    for origin, call in calls_in(origins, MADE_FLOAT):
        text = ast.unparse(call).lower()
        if not any(word in text for word in ("label", "target", "long", "int64")) and "y" not in _names(call):
            return origin.source(call)
    return None


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _lines_with_255(origins: list[Origin]) -> list[Source]:
    """List the lines that divide by 255 or multiply by its inverse."""
    found = []
    for origin in origins:
        for part in origin.walk():
            constant = isinstance(part, ast.Constant) and part.value in (255, 256, 255.0, 256.0, 1 / 255)
            if constant:
                found.append(origin.source(part))
    return found


def _loader_line(seen: Seen) -> Source | None:
    return next((loader.source for loader in training_loaders(seen)), None)
