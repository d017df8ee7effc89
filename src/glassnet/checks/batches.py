# ruff: noqa: PLR2004 — a rule is a row of conditions
"""What was seen of a training, as samples: pictures and labels by what they were used for.

Rules about data read these pure functions; they run nothing of a person's code.
"""

from __future__ import annotations

import linecache
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from glassnet.checks.seen import Loader, Look, Seen
    from glassnet.trace.trace import ModuleCall, Op, Source, Trace, Value

MOST_SAMPLES = 2048
CHANNELS = (1, 3, 4)
LEAST_SIDE = 8  # pixels; below it a 4-D tensor may be anything
HELD_OUT_WORDS = ("test", "val", "valid", "dev", "eval", "holdout", "held", "validation")
NOT_HELD_OUT_WORDS = ("train", "tta", "stat", "mean", "calib", "bn", "fit")
LABEL_LOSSES = ("cross_entropy", "nll_loss", "cross_entropy_loss")
BINARY_LOSSES = ("binary_cross_entropy", "binary_cross_entropy_with_logits")


@dataclass(frozen=True, eq=False)
class Pass:
    """One call of a network from outside: what went in, and, where a loss read its output, the labels."""

    look: Look
    call: ModuleCall
    input: Value
    images: torch.Tensor | None  # as kept
    labels: torch.Tensor | None  # whole numbers, one for each sample
    trained: bool  # its output led to a backward pass


def training_loaders(seen: Seen) -> list[Loader]:
    """List the loaders that were trained on.

    Args:
        seen: Everything that was seen.
    """
    return [loader for loader in seen.loaders if loader.num_steps > 0]


def held_out_loaders(seen: Seen) -> list[Loader]:
    """List the loaders that a network was evaluated on and none was trained on.

    A loader that was only drawn from, say for the mean of all pictures, is none.

    Args:
        seen: Everything that was seen.
    """
    ran = _evaluated(seen)
    return [loader for loader in seen.loaders if not loader.num_steps and loader.number in ran]


def _evaluated(seen: Seen) -> set[int]:
    """Find the loaders during whose iteration a network was called."""
    ran: set[int] = set()
    open_loaders: list[int] = []
    for event in seen.events:
        if event.kind == "epoch":
            open_loaders.append(event.who)
        elif event.kind == "epoch_end" and event.who in open_loaders:
            open_loaders.remove(event.who)
        elif event.kind == "network" and open_loaders:
            ran.add(open_loaders[-1])
    return ran


def words_of(names: Iterable[str]) -> set[str]:
    """Split names into lower-case words.

    Example:
        >>> sorted(words_of(["valLoader", "test_dl2"]))
        ['dl', 'loader', 'test', 'val']
    """
    words: set[str] = set()
    for name in names:
        word = ""
        for letter in f"{name}_":
            if not letter.isalpha() or (letter.isupper() and word and word[-1].islower()):
                if word:
                    words.add(word.lower())
                word = ""
            if letter.isalpha():
                word += letter
    return words


def is_named_held_out(names: Iterable[str]) -> bool:
    """Tell whether a name says that something is for validation or testing, and not for training."""
    words = words_of(names)
    joined = {word for word in words if word.startswith(("test", "val")) and word not in ("value", "values")}
    return bool(joined or words & set(HELD_OUT_WORDS)) and not words & set(NOT_HELD_OUT_WORDS)


def samples_of(loader: Loader, *, epoch: int | None = 0) -> tuple[torch.Tensor | None, torch.Tensor | None]:
    """Join the copied batches of a loader.

    Args:
        loader: The loader.
        epoch: Which iteration over it; None: all.

    Returns:
        Pictures or features, N×…, as the loader gave them, and whole-number labels, N; None for what it does
        not give. At most 2,048.
    """
    batches = [b for b in loader.batches if b.images is not None and (epoch is None or b.epoch == epoch)]
    batches = [b for b in batches if b.images.dim() >= 1 and b.images.layout == torch.strided]
    if not batches:
        return None, None
    shape = batches[0].images.shape[1:]
    batches = [b for b in batches if b.images.shape[1:] == shape]
    images = torch.cat([b.images.detach() for b in batches])[:MOST_SAMPLES]
    labels = [class_labels(b.labels, len(b.images)) for b in batches]
    if any(part is None for part in labels):
        return images, None
    return images, torch.cat([part for part in labels if part is not None])[:MOST_SAMPLES]


def class_labels(labels: torch.Tensor | None, num_samples: int) -> torch.Tensor | None:
    """Read labels as class indices: whole numbers, one for each sample; one-hot rows are read, too.

    Returns:
        int64, N; None where these are no class labels.
    """
    if labels is None or labels.dim() == 0 or labels.shape[0] != num_samples or not labels.numel():
        return None
    labels = labels.detach()
    if labels.dim() == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.dim() == 2:
        ones = (labels == 1).sum(1) == 1
        zeros = (labels == 0).sum(1) == labels.shape[1] - 1
        return labels.argmax(1) if bool((ones & zeros).all()) else None
    if labels.dim() != 1 or labels.is_complex():
        return None
    if labels.is_floating_point() and not bool((torch.isfinite(labels) & (labels == labels.round())).all()):
        return None
    whole = labels.long()
    return whole if int(whole.min()) >= 0 and int(whole.max()) < 100_000 else None


def is_picture_shape(shape: Iterable[int]) -> bool:
    """Tell whether a batch of this shape may be pictures, N×C×H×W with one, three or four channels."""
    sides = tuple(shape)
    return len(sides) == 4 and sides[1] in CHANNELS and min(sides[2:]) >= LEAST_SIDE


def is_channels_last(shape: Iterable[int]) -> bool:
    """Tell whether a batch of this shape can only be pictures as N×H×W×C."""
    sides = tuple(shape)
    return (
        len(sides) == 4
        and sides[3] in CHANNELS
        and min(sides[1:3]) >= LEAST_SIDE
        and sides[1] not in CHANNELS
    )


def as_pictures(images: torch.Tensor) -> torch.Tensor | None:
    """Bring a batch into the layout N×C×H×W where it can be nothing but pictures.

    Flat rows count where their length is that of a usual square picture (28×28, 3×32×32, …).
    """
    shape = tuple(images.shape)
    if is_picture_shape(shape):
        return images
    if is_channels_last(shape):
        return images.movedim(3, 1)
    if len(shape) == 3 and min(shape[1:]) >= LEAST_SIDE and shape[1] == shape[2]:
        return images[:, None]
    sides = {side * side: (1, side) for side in (8, 16, 28, 32, 64)} | {3072: (3, 32), 12288: (3, 64)}
    if len(shape) == 2 and shape[1] in sides:
        channels, side = sides[shape[1]]
        return images.reshape(-1, channels, side, side)
    return None


def passes(seen: Seen) -> Iterator[Pass]:
    """List the calls of networks from outside, in all looks, with pictures or features as input.

    Args:
        seen: Everything that was seen.
    """
    for look in seen.looks:
        trace = look.trace
        read_by = _readers(trace)
        backward = _ancestors(trace, look.losses) if look.losses else set()
        for call in trace.calls:
            if call.parent is not None or call.path.startswith("<") or not call.inputs:
                continue
            value = trace.values[call.inputs[0]]
            labels = _labels_read_with(trace, call, read_by)
            images = trace.kept.get(value.number)
            if labels is not None:
                labels = class_labels(labels, value.shape[0] if value.shape else 0)
            trained = any(number in backward for number in call.outputs)
            yield Pass(look, call, value, images, labels, trained)


def _readers(trace: Trace) -> dict[int, list[Op]]:
    readers: dict[int, list[Op]] = {}
    for op in trace.ops:
        for number in op.inputs:
            readers.setdefault(number, []).append(op)
    return readers


def _ancestors(trace: Trace, values: Iterable[int]) -> set[int]:
    found: set[int] = set()
    waiting = list(values)
    while waiting:
        number = waiting.pop()
        if number in found:
            continue
        found.add(number)
        made_by = trace.values[number].made_by
        if made_by is not None:
            waiting.extend(trace.ops[made_by].inputs)
    return found


def _labels_read_with(trace: Trace, call: ModuleCall, read_by: dict[int, list[Op]]) -> torch.Tensor | None:
    """Find the labels that a loss read beside the output of a call."""
    waiting, done = list(call.outputs), set()
    while waiting and len(done) < 200:
        number = waiting.pop()
        if number in done:
            continue
        done.add(number)
        for op in read_by.get(number, ()):
            if op.name in (*LABEL_LOSSES, *BINARY_LOSSES) and len(op.args) > 1:
                target = getattr(op.args[1], "value", None)
                return None if target is None else trace.kept.get(target)
            if op.name in (*LABEL_LOSSES, *BINARY_LOSSES) and "target" in op.kwargs:
                target = getattr(op.kwargs["target"], "value", None)
                return None if target is None else trace.kept.get(target)
            if op.number >= call.end_op:
                waiting.extend(op.outputs)
    return None


@dataclass(frozen=True, eq=False)
class Group:
    """Samples that were used for one thing: from a loader, or, without one, from what went into a network.

    `order` holds class labels in the order in which they came, further than `labels` where that is known.
    `source` is the line where the loader was made, or where the network was called with them.
    """

    role: Literal["train", "held-out"]
    images: torch.Tensor  # N×…, as given
    labels: torch.Tensor | None  # int64, N
    order: list[int]
    source: Source | None
    names: tuple[str, ...]
    loader: Loader | None
    batch_sizes: tuple[int, ...]


def groups_of(seen: Seen) -> list[Group]:
    """Gather what was trained on and what was evaluated on.

    Args:
        seen: What was seen under `watch`.

    Returns:
        Training first. Where no loader was trained on, the inputs of the networks in the looks stand in for
        it: those of one line are a group.
    """
    loaders = [("train", one) for one in training_loaders(seen)]
    groups = [group for role, one in loaders if (group := _group_of_loader(role, one)) is not None]
    held_out = [g for one in held_out_loaders(seen) if (g := _group_of_loader("held-out", one)) is not None]
    by_line: dict[tuple, list[Pass]] = {}
    for one in passes(seen):
        if one.images is not None and one.call.source is not None:
            line = (one.trained, one.call.path, one.call.source.file, one.call.source.line)
            by_line.setdefault((*line, tuple(one.images.shape[1:])), []).append(one)
    for (trained, *_), same in by_line.items():
        if trained and not groups:
            groups.append(_group_of_passes("train", same))
        elif not trained and not held_out and _words_of_line(same[0].call.source):
            held_out.append(_group_of_passes("held-out", same))
    return groups + held_out


def _group_of_loader(role: str, loader: Loader) -> Group | None:
    images, labels = samples_of(loader)
    if images is None:
        return None
    first = [b for b in loader.batches if b.images is not None and b.epoch == 0]
    sizes = tuple(
        max(len(part) for part in (b.images, b.labels) if part is not None and part.dim()) for b in first
    )
    order = loader.labels or ([] if labels is None else labels.tolist())
    return Group(role, images, labels, order, loader.source, loader.names, loader, sizes)  # type: ignore[arg-type]


def _group_of_passes(role: str, same: list[Pass]) -> Group:
    images = torch.cat([one.images for one in same if one.images is not None])[:MOST_SAMPLES]
    labels = [one.labels for one in same if one.labels is not None]
    joined = torch.cat(labels)[:MOST_SAMPLES] if len(labels) == len(same) else None
    sizes = tuple(len(one.images) for one in same if one.images is not None)
    source = same[0].call.source
    order = [] if joined is None else joined.tolist()
    return Group(role, images, joined, order, source, _words_of_line(source), None, sizes)  # type: ignore[arg-type]


def _words_of_line(source: Source | None) -> tuple[str, ...]:
    """Give the names in a line that say it is about testing; the function around it counts, too."""
    if source is None:
        return ()
    line = linecache.getline(source.file, source.line)
    in_line = re.findall(r"[A-Za-z_]\w*", line)
    if "train" in words_of(in_line):
        return ()  # it is about both
    names = (*in_line, source.function)
    return tuple(name for name in names if is_named_held_out([name]))
