"""Rows 57 and 61: a loss that stands still or swings, and a network that learns its pictures by heart."""

from __future__ import annotations

from statistics import mean, pstdev
from typing import TYPE_CHECKING

import torch

from glassnet.checks.finding import Finding
from glassnet.checks.rules.series import course_of, only_optimizer
from glassnet.nets.untouched import untouched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Loader, Network, Seen

STEPS = 50  # fewer tell nothing
BY_HEART, GAP = 0.98, 0.2  # accuracies on pictures to train on, and how far others are behind


def plateau(seen: Seen) -> Iterator[Finding]:
    """Note a loss that did not fall, or that swings more than it falls."""
    course = course_of(seen)
    if course is None or course.broke is not None or seen.num_steps < STEPS or only_optimizer(seen) is None:
        return
    backward = next((event for event in seen.events if event.kind == "backward"), None)
    values = [loss.value for loss in seen.losses]
    late = values[len(values) // 2 :]
    swing = pstdev(late) / max(abs(mean(late)), 1e-12) if len(late) > 10 else 0.0  # noqa: PLR2004
    evidence = {"first": course.first, "last": course.last, "steps": seen.num_steps, "swing": 100 * swing}
    source = backward.source if backward is not None else None
    if abs(course.fell) < 0.02 and course.lowest > 0.9 * course.first > 0:  # noqa: PLR2004
        yield Finding("plateau", "note", source=source, form="flat", evidence=evidence)
    elif swing > 1 and course.fell < 0.5:  # noqa: PLR2004
        yield Finding("plateau", "note", source=source, form="swings", evidence=evidence)


def overfitting(seen: Seen) -> Iterator[Finding]:
    """Note a network that knows the pictures it was trained on far better than others."""
    train = next((loader for loader in seen.loaders if loader.num_steps), None)
    other = next((loader for loader in seen.loaders if not loader.num_steps and loader.num_epochs), None)
    if train is None or other is None or train.loader.dataset is other.loader.dataset:
        return
    for network in seen.networks[:1]:
        known, unknown = _accuracy(network, train), _accuracy(network, other)
        if known is None or unknown is None or min(known[1], unknown[1]) < 64:  # noqa: PLR2004
            continue
        if known[0] >= BY_HEART and known[0] - unknown[0] >= GAP:
            yield Finding(
                "overfitting", "note", source=train.iterated,
                evidence={"known": 100 * known[0], "unknown": 100 * unknown[0], "count": unknown[1]},
            )  # fmt: skip


def _accuracy(network: Network, loader: Loader) -> tuple[float, int] | None:
    """Measure a network on a loader's kept batches, in eval mode, leaving it as it was."""
    right, total = 0, 0
    with untouched(network.module), torch.no_grad():
        network.module.eval()
        device = next(network.module.parameters()).device
        for batch in loader.batches[:4]:
            if batch.images is None or batch.labels is None or batch.labels.dim() != 1:
                return None
            try:
                output = network.module(batch.images.to(device))
            except Exception:  # noqa: BLE001 - a network may want other inputs than the loader gives
                return None
            if not isinstance(output, torch.Tensor) or output.dim() != 2 or output.shape[1] < 2:  # noqa: PLR2004
                return None
            right += int((output.argmax(1).cpu() == batch.labels.cpu()).sum())
            total += len(batch.labels)
    return (right / total, total) if total else None
