# ruff: noqa: PLR0911, PLR2004 — a rule is a row of conditions
"""Pictures that are prepared in one way for training and in another for validation or testing."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from glassnet.checks.batches import groups_of
from glassnet.checks.finding import Finding
from glassnet.checks.levels import Levels, levels_of, same_levels
from glassnet.checks.script_lines import calls_in, last_name, line_of_call, origins_of, without_other_keys
from glassnet.checks.transforms_of import numbers_of, steps_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.batches import Group
    from glassnet.checks.script_lines import Origin
    from glassnet.checks.seen import Seen
    from glassnet.trace.trace import Source

CODE = "different-preprocessing"
SYMPTOMS = ("overfitting", "modes-disagree", "plateau")
LEAST_SAMPLES = 16
FAR = 3.0  # deviations
WIDER = 3.0
OWN_STATISTICS = 0.25  # steps that differ by less come from statistics of each split
NORMALISERS = ("Normalize", "normalize", "StandardScaler", "fit_transform")
TO_TENSOR = ("ToTensor", "ToDtype", "ConvertImageDtype", "ToImage", "PILToTensor")
READ = ("imread", "imdecode", "cvtColor")
MADE = ("from_numpy", "as_tensor", "tensor", "FloatTensor", "Tensor", "PILToTensor", "ToTensor")


@dataclass(frozen=True)
class _Range:
    """The numbers of a group: of all channels together, and their means by channel."""

    low: float
    high: float
    mean: float
    deviation: float
    channels: tuple[float, ...]
    errors: tuple[float, ...]  # standard errors of the channels' means


def different_preprocessing(seen: Seen) -> Iterator[Finding]:
    """Find a group to validate or test on that was scaled, shifted or turned otherwise than training was.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    if seen.by == "check":
        return
    groups = groups_of(seen)
    training = [group for group in groups if group.role == "train"]
    told: set[tuple] = set()
    for held_out in groups:
        if held_out.role != "held-out" or not training:
            continue
        finding = _compared(training[0], held_out)
        if finding is not None and (finding.form, finding.source) not in told:
            told.add((finding.form, finding.source))
            yield finding


def _compared(train: Group, held_out: Group) -> Finding | None:
    found = _by_transforms(train, held_out)
    if found is not None:
        return found
    a, b = train.images, held_out.images
    if a.dim() != b.dim() or a.dim() < 2 or min(len(a), len(b)) < LEAST_SAMPLES or a.is_complex():
        return None
    if a.dim() == 4 and a.shape[1] != b.shape[1]:
        return None
    if a.dim() != 4 and a.shape[1:] != b.shape[1:]:
        return None
    ours, theirs = _range_of(a), _range_of(b)
    if ours is None or theirs is None:
        return None
    form = _form(a, b, ours, theirs)
    if form is None:
        return None
    evidence: dict[str, object] = {
        "train_low": ours.low, "train_high": ours.high, "train_mean": ours.mean,
        "train_deviation": ours.deviation, "low": theirs.low, "high": theirs.high, "mean": theirs.mean,
        "deviation": theirs.deviation,
    }  # fmt: skip
    severity = "note" if form == "own_statistics" else "error"
    explains = () if severity == "note" else SYMPTOMS
    return Finding(CODE, severity, _line(held_out, form), evidence=evidence, form=form, explains=explains)


def _by_transforms(train: Group, held_out: Group) -> Finding | None:
    """Compare the numbers of Normalize where both groups come through torchvision's transforms."""
    if train.loader is None or held_out.loader is None:
        return None
    ours, theirs = steps_of(train.loader.loader.dataset), steps_of(held_out.loader.loader.dataset)
    known = all(
        type(step.transform).__module__.startswith("torchvision.transforms") and step.name != "Lambda"
        for step in (*ours, *theirs)
    )
    if not known or not ours or not theirs:
        return None
    our_numbers = [numbers for step in ours if (numbers := numbers_of(step)) is not None]
    their_numbers = [numbers for step in theirs if (numbers := numbers_of(step)) is not None]
    if _rounded(our_numbers) == _rounded(their_numbers):
        return None
    if len(our_numbers) > 1 or len(their_numbers) > 1 or _same_pixels(train, held_out):
        return None
    form = (
        "normalize_missing"
        if not their_numbers
        else "normalize_only"
        if not our_numbers
        else "normalize_other"
    )
    close = bool(our_numbers and their_numbers) and _are_close(our_numbers[0], their_numbers[0])
    evidence: dict[str, object] = {
        "train": _text(our_numbers), "held_out": _text(their_numbers),
        "name": next(iter(held_out.names), "loader"),
    }  # fmt: skip
    severity = "note" if close else "error"
    return Finding(
        CODE,
        severity,
        _line(held_out, form),
        evidence=evidence,
        form=form,
        explains=() if close else SYMPTOMS,
    )


def _same_pixels(train: Group, held_out: Group) -> bool:
    """Tell whether what the loaders gave has the same levels nevertheless: something else made up for it."""
    a, b = train.images, held_out.images
    if a.dim() != 4 or b.dim() != 4 or a.shape[1] != b.shape[1]:
        return False
    pairs = [(levels_of(a[:, c]), levels_of(b[:, c])) for c in range(a.shape[1])]
    return all(x is not None and y is not None and same_levels(x, y) for x, y in pairs)


def _rounded(numbers: list[tuple]) -> list:
    return [tuple(tuple(round(v, 3) for v in part) for part in pair) for pair in numbers]


def _are_close(a: tuple, b: tuple) -> bool:
    """Tell whether two Normalize differ by less than anybody would notice."""
    flat_a, flat_b = [*a[0], *a[1]], [*b[0], *b[1]]
    return len(flat_a) == len(flat_b) and all(abs(x - y) < 0.06 for x, y in zip(flat_a, flat_b, strict=True))


def _text(numbers: list[tuple]) -> str:
    return "; ".join(
        f"Normalize(({', '.join(f'{m:.4g}' for m in mean)}), ({', '.join(f'{d:.4g}' for d in std)}))"
        for mean, std in numbers
    )


def _range_of(images: torch.Tensor) -> _Range | None:
    numbers = images.detach().float()
    if not bool(torch.isfinite(numbers).all()) or not numbers.numel():
        return None
    by_channel = numbers.mean(dim=(2, 3)) if numbers.dim() == 4 else numbers.flatten(1).mean(1, keepdim=True)
    errors = by_channel.std(0) / len(by_channel) ** 0.5
    return _Range(
        float(numbers.min()), float(numbers.max()), float(numbers.mean()), float(numbers.std()),
        tuple(by_channel.mean(0).tolist()), tuple(errors.tolist()),
    )  # fmt: skip


def _form(a: torch.Tensor, b: torch.Tensor, ours: _Range, theirs: _Range) -> str | None:
    """Name the difference, None where there is none beyond what chance and random augmentation do."""
    if a.dim() == 4 and a.shape[1] == 3 and _is_swapped(ours, theirs):
        return "channels_swapped"
    same, shares = _levels_compared(a, b)
    if _is_inverted(ours, theirs):
        return "inverted"
    if same:
        return None
    if _is_other_range(ours, theirs):
        return "range"
    if shares is None:
        return None
    return "own_statistics" if shares < OWN_STATISTICS else "range"


def _levels_compared(a: torch.Tensor, b: torch.Tensor) -> tuple[bool, float | None]:
    """Compare the levels of 8-bit pictures: whether they are the same, and how far their steps are apart."""
    channels = a.shape[1] if a.dim() == 4 else 1
    apart = 0.0
    same = True
    for channel in range(channels):
        ours = levels_of(a[:, channel] if a.dim() == 4 else a)
        theirs = levels_of(b[:, channel] if b.dim() == 4 else b)
        if ours is None or theirs is None or not _comparable(ours, theirs):
            return False, None
        same = same and same_levels(ours, theirs)
        ratio = max(ours.step, theirs.step) / min(ours.step, theirs.step)
        apart = max(apart, ratio - 1)
    return same, None if same else apart


def _comparable(a: Levels, b: Levels) -> bool:
    """Tell whether steps can be compared: about as many levels occur in both."""
    return min(a.number, b.number) > 0.6 * max(a.number, b.number)


def _is_other_range(a: _Range, b: _Range) -> bool:
    wide, narrow = max(a.deviation, b.deviation), min(a.deviation, b.deviation)
    if narrow > 0 and wide / narrow > WIDER:
        spans = sorted((a.high - a.low, b.high - b.low))
        return spans[1] > WIDER * spans[0] * 0.8
    if wide > 0 and abs(a.mean - b.mean) > FAR * wide:
        return True
    signed, unsigned = (a, b) if a.low < b.low else (b, a)
    return (
        abs(unsigned.low) < 1e-6 and abs(unsigned.high - 1) < 1e-3 and abs(signed.low + 1) < 1e-3
        and abs(signed.high - 1) < 1e-3 and signed.deviation > 1.6 * unsigned.deviation
    )  # fmt: skip


def _is_inverted(a: _Range, b: _Range) -> bool:
    """Tell whether white is black in one of them: the mean lies where its mirror image would."""
    span = a.high - a.low
    if span <= 0 or abs(a.low - b.low) > 0.02 * span or abs(a.high - b.high) > 0.02 * span:
        return False
    mirrored = a.low + a.high - b.mean
    return abs(a.mean - b.mean) > 0.35 * span and abs(a.mean - mirrored) < 0.08 * span


def _is_swapped(a: _Range, b: _Range) -> bool:
    """Tell whether the first and last channel changed places."""
    straight = abs(a.channels[0] - b.channels[0]) + abs(a.channels[2] - b.channels[2])
    crossed = abs(a.channels[0] - b.channels[2]) + abs(a.channels[2] - b.channels[0])
    error = sum(x * x for x in (*a.errors, *b.errors)) ** 0.5
    return (
        straight > 0.3 * min(a.deviation, b.deviation) and straight > 12 * error and crossed < 0.25 * straight
    )


def _line(held_out: Group, form: str) -> Source | None:
    """Find where the held-out pictures are normalised, or, where that is missing, their transform."""
    origins = without_other_keys(origins_of(held_out.source), held_out.names)
    if form == "normalize_missing":
        for origin, call in calls_in(origins, ("Compose", "Sequential")):
            inner = {last_name(p.func): p for p in ast.walk(call) if isinstance(p, ast.Call)}
            if "Normalize" not in inner:
                return origin.source(next((inner[name] for name in TO_TENSOR if name in inner), call))
        return line_of_call(origins, TO_TENSOR) or held_out.source
    if form.startswith("normalize"):
        return line_of_call(origins, ("Normalize",)) or held_out.source
    if form == "channels_swapped":
        return line_of_call(origins, READ) or _line_of_turned_channels(origins) or held_out.source
    found = line_of_call(origins, NORMALISERS)
    return found or _line_of_scaling(origins) or held_out.source


def _line_of_turned_channels(origins: list[Origin]) -> Source | None:
    """Find `[:, :, ::-1]`, or a flip."""
    for origin in origins:
        for part in origin.walk():
            step = getattr(part, "step", None) if isinstance(part, ast.Slice) else None
            if isinstance(step, ast.UnaryOp) and isinstance(step.op, ast.USub):
                return origin.source(part)
    return line_of_call(origins, ("flip",))


def _line_of_scaling(origins: list[Origin]) -> Source | None:
    """Find where the pictures became tensors, or were divided."""
    return line_of_call(origins, MADE)
