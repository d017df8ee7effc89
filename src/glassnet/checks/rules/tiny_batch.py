"""BatchNorm over so few values that its statistics say nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glassnet.checks.code import names, place
from glassnet.checks.finding import Finding
from glassnet.checks.timeline import BATCH_NORMS, passes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Look, Seen
    from glassnet.trace.trace import ModuleCall, Source

FEW = 4  # values of a channel: the variance of so few is mostly chance
REFUSED = "Expected more than 1 value per channel"


def batchnorm_tiny_batch(seen: Seen) -> Iterator[Finding]:
    """Find BatchNorm layers that were trained with one value a channel, or with very few.

    Args:
        seen: Everything that was seen.

    Yields:
        An error where PyTorch refused it, a warning where most batches are that small.
    """
    if seen.crash and REFUSED in seen.crash.message:
        if not _in_evaluation(seen):
            yield _refused(seen)
    elif seen.by != "check" or seen.splits:  # how many samples of noise there are was not the person's choice
        yield from _few(seen)


def _few(seen: Seen) -> Iterator[Finding]:
    few: dict[str, list[int]] = {}
    calls: dict[str, int] = {}
    for look in seen.looks:
        if not look.trained:
            continue
        for call in look.trace.calls:
            if call.training and call.type.startswith("BatchNorm") and call.inputs:
                values = values_of_channel(look, call)
                calls[call.path] = calls.get(call.path, 0) + 1
                if values <= FEW:
                    few.setdefault(call.path, []).append(values)
    for path, counts in few.items():
        if len(counts) > calls[path] / 2:
            number = max(counts)
            source = _loader_line(seen) or next(
                (c.source for look in seen.looks for c in look.trace.calls if c.path == path), None
            )
            others = sum(len(counts) > calls[path] / 2 for path, counts in few.items())
            evidence: dict[str, object] = {"values": number, "module": path, "layers": others}
            yield Finding(
                "batchnorm-tiny-batch",
                "warning",
                source,
                path,
                evidence,
                explains=("modes-disagree", "plateau"),
            )
            return
    yield from _of_one_or_two(seen)
    yield from _last_of_one(seen)


def _of_one_or_two(seen: Seen) -> Iterator[Finding]:
    """Find BatchNorm over the maps of one or two pictures in every batch of a training."""
    calls = [
        (look, call) for look in seen.looks if look.trained for call in look.trace.calls
        if call.training and call.type.startswith("BatchNorm") and call.inputs
    ]  # fmt: skip
    sizes = {look.trace.values[call.inputs[0]].shape[0] for look, call in calls}
    if seen.by == "check" or not sizes or max(sizes) > 2 or seen.num_steps < 20:  # noqa: PLR2004
        return
    source = _loader_line(seen) or calls[0][1].source
    evidence: dict[str, object] = {"batch": max(sizes), "module": calls[0][1].path, "values": 0}
    yield Finding(
        "batchnorm-tiny-batch", "warning", source, calls[0][1].path, evidence, "pictures", ("modes-disagree",)
    )


def _last_of_one(seen: Seen) -> Iterator[Finding]:
    """Find a loader whose last batch has one sample, before BatchNorm with maps: it runs, but badly."""
    for loader in seen.loaders:
        size = getattr(loader.loader, "batch_size", None)
        try:
            total = len(loader.loader.dataset)  # type: ignore[arg-type]
        except (TypeError, NotImplementedError, AttributeError):
            continue
        alone = size and size > 1 and total % size == 1 and not loader.loader.drop_last
        if not alone or not loader.num_steps or not _trains_norms(seen):
            continue
        if any(
            e.kind == "network"
            and e.facts.get("batch") == 1
            and e.facts.get("training")
            and e.facts.get("grad")
            for e in seen.events
        ):
            evidence: dict[str, object] = {"total": total, "batch": size, "values": 1}
            yield Finding("batchnorm-tiny-batch", "note", loader.source, "", evidence, "last")


def _trains_norms(seen: Seen) -> bool:
    return any(isinstance(part, BATCH_NORMS) for net in seen.networks for part in net.module.modules())


def values_of_channel(look: Look, call: ModuleCall) -> int:
    """Give how many values of a channel went into a call."""
    shape = look.trace.values[call.inputs[0]].shape
    total = 1
    for axis, side in enumerate(shape):
        total *= side if axis != 1 else 1
    return total


def _loader_line(seen: Seen) -> Source | None:
    """Give the line where the loader with the small batches was made."""
    small = [
        one
        for one in seen.loaders
        if one.num_steps and 0 < (getattr(one.loader, "batch_size", 0) or 0) <= FEW
    ]
    return small[0].source if small else None


def _in_evaluation(seen: Seen) -> bool:
    """Tell whether the pass that was refused is no training pass: eval mode is what it lacks."""
    calls = [pass_ for pass_ in passes(seen) if pass_.event.source]
    if not calls:
        return False
    last = calls[-1].event
    if not last.facts.get("grad", True):
        return True
    trained = {one.event.source for one in calls if one.backward}
    return bool(trained) and last.source not in trained


def _refused(seen: Seen) -> Finding:
    trained = [one for one in seen.loaders if one.num_steps] or seen.loaders
    sizes = [getattr(one.loader, "batch_size", None) for one in trained]
    evidence: dict[str, object] = {"values": 1, "batch": 1, "total": 0}
    source = seen.crash.source if seen.crash else None
    form = "refused"
    for loader, size in zip(trained, sizes, strict=True):
        try:
            total = len(loader.loader.dataset)  # type: ignore[arg-type]
        except (TypeError, NotImplementedError, AttributeError):
            continue
        if size and (total % size == 1 or size == 1):
            evidence |= {"total": total, "batch": size}
            form = "refused_last" if size > 1 else "refused"
            source = loader.source or source
            break
    at = place(source)
    if at and form == "refused" and "batch_size" in names(at[1]):
        evidence["batch"] = 1
    return Finding("batchnorm-tiny-batch", "error", source, "", evidence, form)
