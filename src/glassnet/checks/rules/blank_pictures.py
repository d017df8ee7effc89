# ruff: noqa: PLR0911, PLR2004 — a rule is a row of conditions
"""Pictures that show nothing: every pixel the same, or no numbers at all."""

from __future__ import annotations

import ast
import math
from typing import TYPE_CHECKING

import numpy as np
import torch

from glassnet.checks.batches import as_pictures, groups_of
from glassnet.checks.finding import Finding
from glassnet.checks.script_lines import last_name, line_of_class, origins_of
from glassnet.checks.transforms_of import parts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.batches import Group
    from glassnet.checks.script_lines import Origin
    from glassnet.checks.seen import Seen
    from glassnet.pictures.pictures import Pictures
    from glassnet.trace.trace import Source

CODE = "blank-pictures"
WARNING_SHARE = 0.03
LEAST_WARNED = 3
MOST = 0.5  # of the pictures: so many are no accident of some files
MOST_OF_SPLIT = 20_000  # pictures that are looked at
SYMPTOMS = (
    "not-finite",
    "duplicate-pictures",
    "output-ignores-input",
    "noisy-labels",
    "plateau",
    "initial-loss",
    "cannot-overfit-batch",
)
EMPTY = ("new", "zeros", "zeros_like", "full", "ones", "empty")
WHOLE = ("byte", "int", "long", "short")
WHOLE_TYPES = ("uint8", "int8", "int16", "int32", "int64", "int", "long", "short", "uint16")


def blank_pictures(seen: Seen) -> Iterator[Finding]:
    """Find pictures without any content among those that were trained on.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    if seen.by == "check":
        yield from _of_splits(seen)
        return
    broke = any(not math.isfinite(loss.value) for loss in seen.losses)
    for group in groups_of(seen):
        finding = _of_group(group, broke=broke)
        if finding is not None:
            yield finding
            return


def _of_group(group: Group, *, broke: bool) -> Finding | None:
    pictures = as_pictures(group.images)
    if pictures is None or pictures.is_complex() or len(pictures) < 4:
        return None
    flat = pictures.detach().float().flatten(1)
    finite = torch.isfinite(flat).all(1)
    num_bad = int((~finite).sum())
    where = _line(group, ())
    total = len(flat)
    if num_bad and broke:
        return None  # told of as the loss that they break
    if num_bad:
        evidence: dict[str, object] = {"number": num_bad, "total": total, "share": num_bad / total}
        return Finding(CODE, "error", where, evidence=evidence, form="not_finite", explains=SYMPTOMS)
    by_channel = pictures.detach().float().flatten(2)
    blank = (by_channel == by_channel[:, :, :1]).all(2).all(1)
    number = int(blank.sum())
    if not number:
        return None
    share = number / total
    if number == total:
        if group.labels is None or len(group.labels.unique()) < 2 or bool((flat == 1).all()):
            return None
        values = flat[:, 0].unique()
        if len(values) > 2:
            return None  # the value itself tells the classes apart
        evidence = {"number": number, "total": total, "share": 1.0, "value": float(values[0])}
        where = _line(group, _casts(group)) if float(values.abs().max()) <= 1 else where
        explains = (*SYMPTOMS, "seed-misused")  # all first batches are equal
        return Finding(CODE, "error", where, evidence=evidence, form="all", explains=explains)
    where = _line(group, _stand_ins(group) or (_casts(group) if share > MOST else ()))
    severity = "warning" if share >= WARNING_SHARE and number >= LEAST_WARNED else "note"
    evidence = {"number": number, "total": total, "share": share, "value": float(flat[blank][0, 0])}
    return Finding(CODE, severity, where, evidence=evidence, form="some", explains=SYMPTOMS)


def _line(group: Group, causes: tuple[Source, ...]) -> Source | None:
    """Name the cause in the code, else the person's own `__getitem__`, where it mostly is, or the loader."""
    if causes:
        return causes[0]
    if group.loader is None:
        origins = origins_of(group.source)
        return origins[0].source() if origins else group.source
    for part in parts_of(group.loader.loader.dataset):
        if not type(part).__module__.startswith(("torch", "torchvision")):
            return line_of_class(type(part)) or group.source
    return group.source


def _casts(group: Group) -> tuple[Source, ...]:
    """Find where numbers that were divided before, or in the same line, become whole ones."""
    found, divided = [], set()
    for origin in sorted(origins_of(group.source), key=lambda one: (one.file, one.source().line)):
        if any(isinstance(part, ast.Div) for part in origin.walk()) or _calls(
            origin, "ToTensor", "to_tensor"
        ):
            divided.add(origin.function)
        if origin.function not in divided:
            continue
        for part in origin.walk():
            if isinstance(part, ast.FloorDiv):
                found.append(origin.source())
            if not isinstance(part, ast.Call):
                continue
            name = last_name(part.func)
            types = {last_name(one) for one in (*part.args, *(word.value for word in part.keywords))}
            if (name in WHOLE and not part.args) or types & set(WHOLE_TYPES):
                found.append(origin.source(part))
    return tuple(found)


def _calls(origin: Origin, *names: str) -> bool:
    return any(isinstance(part, ast.Call) and last_name(part.func) in names for part in origin.walk())


def _stand_ins(group: Group) -> tuple[Source, ...]:
    """Find an `except` that puts an empty picture in place of one that could not be read."""
    return tuple(
        origin.source(part)
        for origin in origins_of(group.source)
        if isinstance(origin.node, ast.Try)
        for handler in origin.node.handlers
        for part in ast.walk(handler)
        if isinstance(part, ast.Call) and last_name(part.func) in EMPTY
    )


def _of_splits(seen: Seen) -> Iterator[Finding]:
    for name in ("train", "val", "test"):
        pictures = seen.splits.get(name)
        if pictures is None or not len(pictures):
            continue
        blank = _blank_tones(pictures)
        number, total = len(blank), min(len(pictures), MOST_OF_SPLIT)
        if number and (number < total or len(np.unique(blank)) <= 2):  # else the tones tell classes apart
            share = number / total
            severity = "warning" if share >= WARNING_SHARE and number >= LEAST_WARNED else "note"
            evidence: dict[str, object] = {
                "number": number, "total": total, "share": share, "value": float(blank[0]), "name": name,
            }  # fmt: skip
            yield Finding(CODE, severity, None, evidence=evidence, form="in_split", explains=SYMPTOMS)
        if name == "train" and pictures.rejected:
            evidence = {"number": len(pictures.rejected), "total": len(pictures) + len(pictures.rejected)}
            evidence["file"] = pictures.rejected[0].path
            yield Finding(CODE, "note", None, evidence=evidence, form="unreadable")


def _blank_tones(pictures: Pictures) -> np.ndarray:
    """Give the value of each picture whose pixels are all the same, channel by channel."""
    tones = []
    for start in range(0, min(len(pictures), MOST_OF_SPLIT), 512):
        images = pictures.batch(np.arange(start, min(start + 512, len(pictures), MOST_OF_SPLIT)))
        rows = images.reshape(len(images), -1, images.shape[3])
        blank = (rows == rows[:, :1]).all(axis=(1, 2))
        tones.append(rows[blank, 0, 0])
    return np.concatenate(tones)
