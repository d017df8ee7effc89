# ruff: noqa: PLR2004 — a rule is a row of conditions
"""Labels that contradict the pictures: a part of them, or all because the two were mixed up."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from glassnet.checks.agreement import MOST_SAMPLES, Agreement, agreement_of, clustering_of, features_of
from glassnet.checks.batches import groups_of
from glassnet.checks.contents import array_of, contents_of, keys_of
from glassnet.checks.finding import Finding
from glassnet.checks.script_lines import Origin, calls_in, last_name, origins_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.batches import Group
    from glassnet.checks.seen import Seen
    from glassnet.trace.trace import Source

CODE = "noisy-labels"
LEAST_SAMPLES = 150
LEAST_PER_CLASS = 8
LEAST_NUMBERS = 8
NOTED = 0.08
WARNED = 0.12
AS_STRONGLY = 0.9  # wrong labels are contradicted about as strongly as right ones are confirmed
CONFIRMED = 0.35
CLUSTERED = 1.25
MIXERS = (
    "shuffle",
    "permutation",
    "randperm",
    "sample",
    "sort",
    "sorted",
    "argsort",
    "roll",
    "listdir",
    "glob",
)
SYMPTOMS = (
    "plateau", "overfitting", "cannot-overfit-batch", "learning-rate-too-high", "learning-rate-too-low",
    "weights-do-not-change",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Labelled:
    features: torch.Tensor
    labels: torch.Tensor
    agreement: Agreement


def noisy_labels(seen: Seen) -> Iterator[Finding]:
    """Find labels that all other samples contradict.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    if seen.by == "check":
        yield from _of_splits(seen)
        return
    groups = groups_of(seen)
    train = next((group for group in groups if group.role == "train"), None)
    if train is None:
        return
    known = _labelled_group(train)
    if known is None:
        return
    origins = origins_of(train.source)
    if _is_by_lot(known):
        others = [g for g in groups if g.role == "held-out" and g.images.shape[1:] == train.images.shape[1:]]
        held_out = next((one for g in others if (one := _labelled_group(g, least=100)) is not None), None)
        clear = held_out is not None and held_out.agreement.wrong < 0.5 * held_out.agreement.chance
        if clear or _is_clustered(known):
            yield _mixed(known, _line_of_order(origins) or train.source, certain=clear)
        return
    share = _false_share(known)
    if share is not None:
        yield _false(known, share, _line_of_lot(origins) or train.source)


def _labelled_group(group: Group, *, least: int = LEAST_SAMPLES) -> _Labelled | None:
    images, labels = group.images, group.labels
    if group.loader is not None:
        contents = contents_of(group.loader.loader.dataset)
        if contents is not None and contents.rows is not None and contents.labels is not None:
            where = _spread(len(contents.labels))
            images = torch.as_tensor(np.ascontiguousarray(contents.rows[where]))
            labels = torch.as_tensor(contents.labels[where])
    if labels is None or images.is_complex():
        return None
    if group.loader is None and len(images) == len(labels):  # seen in several epochs, perhaps more than once
        once = np.sort(np.unique(keys_of(array_of(images)), return_index=True)[1])
        images, labels = images[once], labels[once]
    return _labelled(images, labels, least)


def _spread(number: int) -> np.ndarray:
    """Choose samples from all over a dataset."""
    if number <= MOST_SAMPLES:
        return np.arange(number)
    return np.sort(np.random.default_rng(0).choice(number, MOST_SAMPLES, replace=False))


def _labelled(images: torch.Tensor, labels: torch.Tensor, least: int = LEAST_SAMPLES) -> _Labelled | None:
    images, labels = images[:MOST_SAMPLES], labels[:MOST_SAMPLES]
    if len(images) != len(labels) or len(images) < least or images[0].numel() < LEAST_NUMBERS:
        return None
    classes = len(labels.unique())
    if classes < 2 or len(labels) < LEAST_PER_CLASS * classes:
        return None
    features = features_of(images)
    if not bool(torch.isfinite(features).all()):
        return None
    agreement = agreement_of(features, labels)
    return None if agreement is None else _Labelled(features, labels, agreement)


def _is_by_lot(known: _Labelled) -> bool:
    """Tell whether the labels follow no better from the pictures than by chance."""
    agreement = known.agreement
    error = (agreement.chance * (1 - agreement.chance) / len(known.labels)) ** 0.5
    counts = known.labels.bincount().double()
    largest = float(counts.max() / counts.sum())
    return agreement.wrong > agreement.chance - 3 * error and largest < 0.6


def _is_clustered(known: _Labelled) -> bool:
    return clustering_of(known.features, len(known.labels.unique())) > CLUSTERED


def _false_share(known: _Labelled) -> float | None:
    """Estimate the share of false labels; None where doubt may come from classes that overlap."""
    agreement = known.agreement
    if not NOTED <= agreement.wrong <= min(0.5, 0.7 * agreement.chance):
        return None
    if agreement.ratio < AS_STRONGLY or agreement.confirmed < CONFIRMED * (1 - agreement.wrong):
        return None
    return agreement.wrong


def _mixed(known: _Labelled, where: Source | None, *, certain: bool) -> Finding:
    evidence: dict[str, object] = {
        "wrong": known.agreement.wrong, "chance": known.agreement.chance, "number": len(known.labels),
        "right": 1 - known.agreement.wrong,
    }  # fmt: skip
    severity = "error" if certain else "warning"
    return Finding(CODE, severity, where, evidence=evidence, form="mixed", explains=SYMPTOMS)


def _false(known: _Labelled, share: float, where: Source | None) -> Finding:
    evidence: dict[str, object] = {
        "share": share,
        "number": round(share * len(known.labels)),
        "total": len(known.labels),
    }
    severity = "warning" if share >= WARNED else "note"
    return Finding(CODE, severity, where, evidence=evidence, form="false", explains=SYMPTOMS)


def _line_of_order(origins: list[Origin]) -> Source | None:
    """Find where pictures or labels were put into another order."""
    later = None
    chosen = {
        name.id
        for _, call in calls_in(origins, ("Subset", "SubsetRandomSampler"))
        for name in ast.walk(call)
        if isinstance(name, ast.Name)
    }
    for origin, call in calls_in(origins, MIXERS):
        targets = origin.node.targets if isinstance(origin.node, ast.Assign) else []
        if any(isinstance(target, ast.Name) and target.id in chosen for target in targets):
            continue  # an order for pictures and labels together
        name = last_name(call.func)
        if name in ("sort", "sorted", "listdir", "glob", "sample"):
            if later is None or name in ("sort", "sorted"):
                later = origin.source(call)
        elif not isinstance(origin.node, ast.For | ast.Expr) or name == "shuffle":
            return origin.source(call)
    return later


def _line_of_lot(origins: list[Origin]) -> Source | None:
    """Find where labels were overwritten with random ones."""
    for origin, call in calls_in(origins, ("randint", "choice", "randint_like", "integers", "randperm")):
        targets = origin.node.targets if isinstance(origin.node, ast.Assign) else []
        if any(isinstance(target, ast.Subscript) for target in targets):
            return origin.source(call)
    return None


def _of_splits(seen: Seen) -> Iterator[Finding]:
    train = seen.splits.get("train")
    if train is None or len(train) < LEAST_SAMPLES:
        return
    where = _spread(len(train))
    known = _labelled(torch.from_numpy(train.batch(where)), torch.from_numpy(train.labels[where]))
    if known is None:
        return
    if _is_by_lot(known) and _is_clustered(known):
        yield _mixed(known, None, certain=False)
        return
    share = _false_share(known)
    if share is not None:
        yield _false(known, share, None)
