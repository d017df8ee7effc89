"""Rows 57 and 61: a loss that stands still or swings, and a network that learns its pictures by heart."""

from __future__ import annotations

import math
from statistics import mean, pstdev
from typing import TYPE_CHECKING

import numpy as np
import torch

from glassnet.checks.batches import groups_of, passes
from glassnet.checks.code import place
from glassnet.checks.contents import array_of, keys_of
from glassnet.checks.finding import Finding
from glassnet.checks.lines import own_line
from glassnet.checks.rules.descent import first_cross_entropy
from glassnet.checks.rules.series import course_of, only_optimizer, trained_looks
from glassnet.nets.untouched import untouched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.batches import Group
    from glassnet.checks.seen import Network, Seen
    from glassnet.trace.trace import Source, Trace

STEPS = 50  # fewer tell nothing
MOST = 256  # samples that are looked at
BY_HEART, GAP = 0.98, 0.1  # accuracies on pictures to train on, and how far others are behind


def plateau(seen: Seen) -> Iterator[Finding]:
    """Note a loss that stands still or swings; warn where scores cannot be far apart.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    bounded = list(_bounded_scores(seen))
    yield from bounded
    course = course_of(seen) if not bounded else None
    if course is None or course.broke is not None or seen.num_steps < STEPS or only_optimizer(seen) is None:
        return
    backward = next((event for event in seen.events if event.kind == "backward"), None)
    values = [loss.value for loss in seen.losses]
    late = values[len(values) // 2 :]
    swing = pstdev(late) / max(abs(mean(late)), 1e-12) if len(late) > 10 else 0.0  # noqa: PLR2004
    evidence = {"first": course.first, "last": course.last, "steps": seen.num_steps, "swing": 100 * swing}
    source = backward.source if backward is not None else None
    decayed = _decayed(seen)
    if decayed is not None and course.last > 0.3 * abs(course.first):
        yield Finding(
            "plateau", "note", source=decayed[0], form="decayed", evidence={**evidence, **decayed[1]}
        )
    elif abs(course.fell) < 0.02 and course.lowest > 0.9 * course.first > 0:  # noqa: PLR2004
        yield Finding("plateau", "note", source=source, form="flat", evidence=evidence)
    elif swing > 1 and course.fell < 0.5:  # noqa: PLR2004
        yield Finding("plateau", "note", source=source, form="swings", evidence=evidence)


def _decayed(seen: Seen) -> tuple[Source | None, dict[str, float]] | None:
    """Find a schedule that took the rate to a hundredth within the first half of the steps."""
    optimizer = only_optimizer(seen)
    scheduler = next(
        (s for s in seen.schedulers if optimizer is not None and s.optimizer == optimizer.number), None
    )
    if optimizer is None or scheduler is None:
        return None
    times = [
        (event.step, max(event.facts.get("lr") or (0.0,)))
        for event in seen.events
        if event.kind == "schedule"
    ]
    began = max((float(group.get("lr", 0.0)) for group in optimizer.groups), default=0.0)
    early = [(step, rate) for step, rate in times if 0 <= rate < 0.01 * began and step < seen.num_steps / 2]
    if not early or max(rate for step, rate in times if step >= early[0][0]) >= 0.01 * began:
        return None
    return scheduler.source, {"began": began, "rate": early[0][1], "at": early[0][0]}


def _bounded_scores(seen: Seen) -> Iterator[Finding]:
    """Find scores of unit length, or cosines, that go into a cross-entropy without a scale."""
    for look in trained_looks(seen)[:1]:
        trace = look.trace
        found = first_cross_entropy(look)
        if found is None or found[1] < 3:  # noqa: PLR2004
            return
        number, (_, classes, loss) = found[2].inputs[0], found
        scores = trace.values[number]
        for _ in range(4):
            made_by = trace.values[number].made_by
            op = trace.ops[made_by] if made_by is not None else None
            if op is None or not op.inputs:
                return
            if op.name in ("view", "reshape", "squeeze", "flatten", "contiguous"):
                number = op.inputs[0]
                continue
            makers = [m for n in op.inputs[:2] if (m := _maker(trace, n)) is not None]
            product = op.name in ("linear", "matmul", "mm") and len(makers) == 2  # noqa: PLR2004
            cosine = op.name == "cosine_similarity" or (product and all(m == "normalize" for m in makers))
            if not cosine and op.name != "normalize":
                return
            numbers = scores.statistics
            if numbers is None or max(abs(numbers.minimum), abs(numbers.maximum)) > 1.001:  # noqa: PLR2004
                return
            low = -1.0 if cosine else 0.0
            least = math.log(1 + (classes - 1) * math.exp(low - 1.0))
            yield Finding(
                "plateau",
                "warning",
                source=own_line(op, trace),
                form="bounded",
                module=trace.calls[op.call].path if op.call is not None else "",
                evidence={"op": op.name, "loss": loss.name, "least": least, "guess": math.log(classes)},
                explains=("cannot-overfit-batch",),
            )
            return


def _maker(trace: Trace, number: int) -> str | None:
    """Name what made a value, seen through transposes."""
    for _ in range(3):
        made_by = trace.values[number].made_by
        if made_by is None:
            return None
        op = trace.ops[made_by]
        if op.name not in ("t", "T", "mT", "transpose", "permute"):
            return op.name
        number = op.inputs[0]
    return None


def overfitting(seen: Seen) -> Iterator[Finding]:
    """Note a network that knows the pictures it was trained on far better than others.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    train = next((group for group in groups_of(seen) if group.role == "train"), None)
    if train is None or train.labels is None or not seen.networks:
        return
    others = _others(seen, train)
    if others is None or min(len(train.labels), len(others[1])) < 32:  # noqa: PLR2004
        return
    network = seen.networks[0]
    known, unknown = _accuracy(network, train.images, train.labels), _accuracy(network, *others)
    if known is not None and unknown is not None and known >= BY_HEART and known - unknown >= GAP:
        evidence = {"known": 100 * known, "unknown": 100 * unknown, "count": min(len(others[1]), MOST)}
        source = train.source if train.loader is not None else _loop(train.source)
        yield Finding("overfitting", "note", source=source, evidence=evidence)


def _others(seen: Seen, train: Group) -> tuple[torch.Tensor, torch.Tensor] | None:
    """Give pictures with labels that the network was not trained on: held out, or only looked at."""
    own = train.loader.loader.dataset if train.loader is not None else None
    for group in groups_of(seen):
        same = own is not None and group.loader is not None and group.loader.loader.dataset is own
        if group.role == "held-out" and group.labels is not None and not same:
            return group.images, group.labels
    shape = train.images.shape[1:]
    pairs: list[tuple[torch.Tensor, torch.Tensor]] = []
    for one in passes(seen):
        if one.trained or one.images is None or one.labels is None or one.images.shape[1:] != shape:
            continue
        pairs.append((one.images[: len(one.labels)], one.labels[: len(one.images)]))
    if not pairs:
        return None
    images, labels = torch.cat([pair[0] for pair in pairs]), torch.cat([pair[1] for pair in pairs])
    new = torch.from_numpy(~np.isin(keys_of(array_of(images)), keys_of(array_of(train.images))))
    return images[new], labels[new]


def _loop(source: Source | None) -> Source | None:
    """Give the outermost loop around a line: the epochs."""
    at = place(source)
    loops = at[0].loops(at[1]) if at is not None else []
    return at[0].source(loops[-1]) if at is not None and loops else source


def _accuracy(network: Network, images: torch.Tensor, labels: torch.Tensor) -> float | None:
    """Measure a network in eval mode, leaving it as it was."""
    images, labels = images[:MOST], labels[:MOST]
    with untouched(network.module), torch.no_grad():
        network.module.eval()
        device = next((p.device for p in network.module.parameters()), images.device)
        try:
            output = network.module(images.to(device))
        except Exception:  # noqa: BLE001 - a network may want other inputs than the loader gives
            return None
    if not isinstance(output, torch.Tensor) or output.dim() != 2 or output.shape[1] < 2:  # noqa: PLR2004
        return None
    return (
        float((output.argmax(1).cpu() == labels.cpu()).double().mean())
        if len(labels) == len(output)
        else None
    )
