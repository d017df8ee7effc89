"""Rows 59 and 60: can the network learn one batch by heart, and do its two modes agree."""

from __future__ import annotations

import copy
import time
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

from glassnet.checks.finding import Finding
from glassnet.checks.lines import own_line
from glassnet.checks.rules.descent import first_cross_entropy
from glassnet.checks.rules.numbers_written import where_written
from glassnet.checks.rules.series import course_of, trained_looks
from glassnet.nets.untouched import untouched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Network, Seen
    from glassnet.trace.trace import Source

MOST_PARAMETERS, MOST_SAMPLES, MOST_STEPS, MOST_SECONDS = 2_000_000, 32, 60, 1.5
LESS = 0.08  # accuracy in eval mode, where the momentum tells why
NORMS = (nn.modules.batchnorm._BatchNorm,)  # noqa: SLF001
DROPOUTS = (nn.modules.dropout._DropoutNd,)  # noqa: SLF001


def cannot_overfit_batch(seen: Seen) -> Iterator[Finding]:
    """Note a small network that does not learn 32 pictures by heart in 60 quick steps.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    yield from _dropped_scores(seen)
    course = course_of(seen)
    if seen.num_steps < 20 or course is None or (course.broke is None and course.fell > 0.1):  # noqa: PLR2004
        return  # it learns: there is nothing to ask
    found = _network_and_batch(seen)
    if found is None:
        return
    network, images, labels, source = found
    images, labels = images[:MOST_SAMPLES], labels[:MOST_SAMPLES]
    if sum(p.numel() for p in network.module.parameters()) > MOST_PARAMETERS or len(labels.unique()) < 2:  # noqa: PLR2004
        return
    result = _learn(network, images, labels)
    if result is not None and result[0] < 0.6:  # noqa: PLR2004
        yield Finding(
            "cannot-overfit-batch",
            "note",
            source=source,
            evidence={"accuracy": 100 * result[0], "samples": len(labels), "steps": result[1]},
        )


def _dropped_scores(seen: Seen) -> Iterator[Finding]:
    """Find dropout on the scores themselves: some are set to zero at random, right before the loss."""
    for look in trained_looks(seen)[:1]:
        trace = look.trace
        found = first_cross_entropy(look)
        number = found[2].inputs[0] if found is not None else None
        for _ in range(4):
            made_by = trace.values[number].made_by if number is not None else None
            if made_by is None or not trace.ops[made_by].inputs:
                return
            op = trace.ops[made_by]
            if op.name in ("view", "reshape", "squeeze", "flatten", "contiguous", "log_softmax"):
                number = op.inputs[0]
                continue
            numbers, before = (trace.values[n].statistics for n in (op.outputs[0], op.inputs[0]))
            if op.name == "dropout" and numbers and before and numbers.zeros > before.zeros + 0.02:
                yield Finding(
                    "cannot-overfit-batch",
                    "warning",
                    source=own_line(op, trace),
                    form="dropped",
                    evidence={"share": 100 * numbers.zeros, "loss": found[2].name if found else ""},
                    explains=("plateau",),
                )
            return


def _network_and_batch(seen: Seen) -> tuple[Network, torch.Tensor, torch.Tensor, Source | None] | None:
    """Give a classifier with the last batch that it was trained on."""
    for look in reversed(trained_looks(seen)):
        trace = look.trace
        op = next((op for op in trace.ops if op.name == "cross_entropy" and len(op.inputs) > 1), None)
        calls = [call for call in trace.calls if call.parent is None and call.inputs and call.outputs]
        if op is None:
            continue
        for network in seen.networks:
            path = network.prefix.rstrip(".")
            call = next(
                (call for call in calls if call.path == path and call.type == type(network.module).__name__),
                None,
            )
            if call is None or len(call.inputs) != 1:
                continue
            images, labels = trace.kept.get(call.inputs[0]), trace.kept.get(op.inputs[1])
            if (
                images is not None
                and labels is not None
                and labels.dim() == 1
                and len(images) == len(labels)
                and not labels.is_floating_point()
            ):
                return network, images, labels.long(), call.source
    return None


def _learn(network: Network, images: torch.Tensor, labels: torch.Tensor) -> tuple[float, int] | None:
    """Train a copy, begun anew, on one batch; give the best accuracy and the steps taken."""
    began, best, step = time.perf_counter(), 0.0, 0
    with untouched(network.module), torch.random.fork_rng(), torch.enable_grad():
        torch.manual_seed(0)
        try:
            net = copy.deepcopy(network.module)
            for part in net.modules():
                if isinstance(
                    reset := getattr(part, "reset_parameters", None), type(_learn).__class__
                ) or callable(reset):
                    reset()
                if isinstance(part, DROPOUTS):
                    part.p = 0.0
            net.train()
            trainable = [p.requires_grad_() for p in net.parameters()]
            optimizer = torch.optim.Adam(trainable, lr=3e-3)
            while step < MOST_STEPS:
                step += 1
                output = net(images)
                loss = functional.cross_entropy(output, labels)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                best = max(best, float((output.argmax(1) == labels).float().mean()))
                if best > 0.9 or time.perf_counter() - began > MOST_SECONDS:  # noqa: PLR2004
                    break
        except Exception:  # noqa: BLE001
            return None
    return (best, step) if step == MOST_STEPS or best > 0.9 else None  # noqa: PLR2004


def modes_disagree(seen: Seen) -> Iterator[Finding]:
    """Find networks that know a batch in train mode and guess in eval mode: running statistics are off.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    found = _network_and_batch(seen)
    if found is None or seen.num_steps < 30:  # noqa: PLR2004
        return
    network, images, labels, source = found
    yield from _too_much_dropout(seen, network, images, labels)
    norms = [(path, part) for path, part in network.module.named_modules() if isinstance(part, NORMS)]
    if not norms or len(labels) < 16 or len(labels.unique()) < 2:  # noqa: PLR2004
        return
    scores = _in_both_modes(network.module, images, labels)
    if scores is None:
        return
    trained, evaluated = scores
    guess = float(torch.bincount(labels - labels.min()).max()) / len(labels)
    slow = [
        (path, part)
        for path, part in norms
        if part.track_running_stats
        and part.momentum is not None
        and part.momentum * int(part.num_batches_tracked or 0) < 1
    ]
    guesses = trained > 0.85 and evaluated < guess + 0.35 * (trained - guess)  # noqa: PLR2004
    if guesses or (slow and evaluated < trained - LESS):
        path, part = (slow or norms)[0]
        made = seen.made.get(f"{network.prefix}{path}")
        if made is not None and slow and part.momentum is not None:
            source = where_written(made, "momentum", part.momentum)
        yield Finding(
            "modes-disagree",
            "warning" if slow else "note",
            source=source,
            module=path,
            form="momentum" if slow else "main",
            evidence={
                "train": 100 * trained,
                "eval": 100 * evaluated,
                "samples": len(labels),
                "momentum": part.momentum,
                "steps": int(part.num_batches_tracked or 0),
            },
        )


def _too_much_dropout(
    seen: Seen, network: Network, images: torch.Tensor, labels: torch.Tensor
) -> Iterator[Finding]:
    """Find dropout of most units with which the network is far worse than without."""
    strong = [
        (path, part)
        for path, part in network.module.named_modules()
        if isinstance(part, DROPOUTS) and 0.75 < part.p < 1  # noqa: PLR2004
    ]
    if not strong or len(labels) < 16:  # noqa: PLR2004
        return
    hits = []
    with untouched(network.module), torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(0)
        network.module.eval()
        for training in (True, False):
            for _, part in strong:
                part.training = training
            try:
                output = network.module(images)
            except Exception:  # noqa: BLE001
                return
            if not isinstance(output, torch.Tensor) or output.dim() != 2:  # noqa: PLR2004
                return
            hits.append(float((output.argmax(1) == labels).float().mean()))
    if hits[1] - hits[0] > 0.25:  # noqa: PLR2004
        path, part = strong[0]
        made = seen.made.get(f"{network.prefix}{path}")
        yield Finding(
            "modes-disagree",
            "warning",
            source=made or network.source,
            module=path,
            form="dropout",
            evidence={"train": 100 * hits[0], "eval": 100 * hits[1], "samples": len(labels), "p": part.p},
            explains=("plateau", "cannot-overfit-batch"),
        )


def _in_both_modes(net: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> tuple[float, float] | None:
    """Give the accuracies with the batch's own statistics, and with the running ones; no dropout."""
    scores = []
    with untouched(net), torch.no_grad():
        for training in (True, False):
            net.eval()
            for part in net.modules():
                if isinstance(part, NORMS):
                    part.training = training
            try:
                output = net(images)
            except Exception:  # noqa: BLE001
                return None
            if not isinstance(output, torch.Tensor) or output.dim() != 2:  # noqa: PLR2004
                return None
            scores.append(float((output.argmax(1) == labels).float().mean()))
    return scores[0], scores[1]
