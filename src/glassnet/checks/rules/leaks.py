# ruff: noqa: PLR2004 — a rule is a row of conditions
"""The same pictures for training and for testing, to the bit, mirrored, or but for a little noise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.utils.data import RandomSampler, SequentialSampler, Subset, WeightedRandomSampler

from glassnet.checks.batches import (
    as_pictures,
    groups_of,
    held_out_loaders,
    is_named_held_out,
    samples_of,
    training_loaders,
)  # fmt: skip
from glassnet.checks.contents import Contents, array_of, contents_of, keys_of
from glassnet.checks.finding import Finding
from glassnet.checks.script_lines import line_of_call, origins_of
from glassnet.checks.transforms_of import parts_of
from glassnet.pictures.duplicates import shared_pictures
from glassnet.pictures.pictures import hash_images

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Loader, Seen
    from glassnet.pictures.pictures import Pictures
    from glassnet.trace.trace import Source

CODE = "leaked-pictures"
ERROR_SHARE = 0.05
WARNING_SHARE = 0.01
LEAST_WARNED = 3  # pictures: fewer may lie twice in any large set
MOST_COMPARED = 1000  # held-out pictures compared with all others by distance
MOST_TRAINING = 20_000
COMPARED_AT_ONCE = 1_000  # training pictures, so that distances take no memory to speak of
MOST_BYTES = 300_000_000  # of the training pictures of a source
MOST_PIXELS = 400  # of a picture of a source by which it is compared
NEAR = 0.25  # of the distance to the neighbours behind the copies
NEIGHBOURS_BEHIND = 20
NEAR_SHARE = 0.2
SPLITS = ("random_split", "Subset", "train_test_split", "split")
SYMPTOMS = ("chosen-on-test-set",)


def leaked_pictures(seen: Seen) -> Iterator[Finding]:
    """Find pictures that were trained on among those that are for validation or testing.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    if seen.by == "check":
        yield from _of_splits(seen)
        return
    training = training_loaders(seen)
    told = False
    for loader in held_out_loaders(seen):
        if training and not told:
            for finding in _of_loader(_before(seen, training, loader), loader):
                told = True
                yield finding
    if not told and not (training and held_out_loaders(seen)):
        yield from _of_inputs(seen)


def _before(seen: Seen, training: list[Loader], held_out: Loader) -> list[Loader]:
    """Leave out what other folds trained on: of loaders made at one line the last one before counts."""
    opened = [event.who for event in seen.events if event.kind == "epoch"]
    earlier = opened[: opened.index(held_out.number)] if held_out.number in opened else opened
    last = {loader.source: loader for who in earlier for loader in training if loader.number == who}
    return [one for one in training if last.get(one.source, one) is one]


def _of_loader(training: list[Loader], held_out: Loader) -> Iterator[Finding]:
    named = is_named_held_out(held_out.names)
    theirs = _drawn(held_out)
    for loader in training:
        ours = _drawn(loader)
        if ours is not None and theirs is not None and ours.keys.dtype.kind == theirs.keys.dtype.kind:
            finding = _compared(ours, theirs, held_out, named) or _of_batches(loader, held_out, named)
        elif loader.loader.dataset is held_out.loader.dataset and not (_picks(loader) or _picks(held_out)):
            finding = _finding(held_out, "same_set", _length(held_out), _length(held_out), named)
        else:
            finding = _of_batches(loader, held_out, named)
        if finding is not None:
            yield finding
            return


def _picks(loader: Loader) -> bool:
    """Tell whether a sampler may leave out samples of the dataset."""
    sampler = getattr(loader.loader, "sampler", None)
    return not isinstance(sampler, SequentialSampler | RandomSampler | WeightedRandomSampler)


def _drawn(loader: Loader) -> Contents | None:
    """Read the contents of a loader's dataset; of a sampler that picks, only what it picks."""
    if not _picks(loader):
        return contents_of(loader.loader.dataset)
    indices = getattr(getattr(loader.loader, "sampler", None), "indices", None)
    if indices is None or not hasattr(indices, "__len__"):
        return None
    return contents_of(Subset(loader.loader.dataset, [int(index) for index in indices]))


def _length(loader: Loader) -> int:
    try:
        return len(loader.loader.dataset)  # type: ignore[arg-type]
    except Exception:  # noqa: BLE001 — a person's own __len__, or none
        return len(loader.labels)


def _compared(ours: Contents, theirs: Contents, held_out: Loader, named: bool) -> Finding | None:
    known = theirs.keys != -1 if theirs.keys.dtype.kind == "i" else np.ones(len(theirs.keys), bool)
    shared = np.isin(theirs.keys, ours.keys) & known
    if _is_chance(ours, theirs):
        return None
    if shared.any():
        form = "same_set" if shared.all() else "exact"
        return _finding(held_out, form, int(shared.sum()), len(shared), named)
    if ours.rows is None or theirs.rows is None or ours.rows.shape[1:] != theirs.rows.shape[1:]:
        return None
    mirrored = _mirrored(ours.rows, theirs.rows)
    if mirrored > max(WARNING_SHARE * len(theirs.rows), LEAST_WARNED):
        return _finding(held_out, "mirrored", mirrored, len(theirs.rows), named)
    near, compared = (0, 1) if len(ours.rows) > MOST_TRAINING else _nearly_shared(ours.rows, theirs.rows)
    if near >= NEAR_SHARE * compared and near >= LEAST_WARNED:
        return _finding(held_out, "near", near, compared, named)
    return None


def _is_chance(ours: Contents, theirs: Contents) -> bool:
    """Tell whether samples are so alike that equal ones are to be expected: few different ones at all."""
    together = len(ours.keys) + len(theirs.keys)
    return len(np.union1d(ours.keys, theirs.keys)) < min(32, together / 4)


def _finding(held_out: Loader, form: str, number: int, total: int, named: bool) -> Finding | None:
    """Weigh what was found; a loader of training pictures for the training accuracy is none."""
    share = number / max(total, 1)
    if share > 0.98 and not named:
        return None
    severity = "error" if share >= ERROR_SHARE else "warning"
    if share < WARNING_SHARE or number < LEAST_WARNED or (not named and not held_out.names and share > 0.9):
        severity = "note"
    evidence: dict[str, object] = {
        "number": number, "total": total, "share": share, "name": next(iter(held_out.names), "loader"),
    }  # fmt: skip
    where = _line(held_out, form)
    return Finding(CODE, severity, where, evidence=evidence, form=form, explains=SYMPTOMS)


def _line(held_out: Loader, form: str) -> Source | None:
    origins = origins_of(held_out.source)
    if form in ("exact", "near", "mirrored"):
        return line_of_call(origins, SPLITS) or held_out.source
    return held_out.source


def _of_batches(loader: Loader, held_out: Loader, named: bool) -> Finding | None:
    """Compare what the loaders gave, where the datasets themselves cannot be read."""
    if any(type(part).__name__ == "FakeData" for part in parts_of(held_out.loader.dataset)):
        return None
    ours, _ = samples_of(loader, epoch=None)
    theirs, _ = samples_of(held_out)
    if ours is None or theirs is None or ours.shape[1:] != theirs.shape[1:]:
        return None
    if theirs[0].numel() < 16 or ours.is_complex() or min(len(ours), len(theirs)) < 8:
        return None
    a, b = keys_of(array_of(ours)), keys_of(array_of(theirs))
    if len(np.unique(np.concatenate([a, b]))) < min(32, (len(a) + len(b)) / 4):
        return None
    shared = int((np.isin(b, a) & (b != -1)).sum())
    if not shared:
        return None
    return _finding(held_out, "same_set" if shared == len(b) else "exact", shared, len(b), named)


def _mirrored(ours: np.ndarray, theirs: np.ndarray) -> int:
    """Count the held-out pictures whose mirror image was trained on."""
    pictures = as_pictures(torch.as_tensor(theirs[:MOST_COMPARED]))
    if pictures is None or len(ours) > MOST_TRAINING * 5:
        return 0
    flipped = pictures.flip(-1).numpy()
    whole = as_pictures(torch.as_tensor(ours))
    if whole is None:
        return 0
    keys, known = keys_of(flipped), keys_of(whole.numpy())
    itself = keys_of(pictures.numpy())  # a picture that is its own mirror image tells nothing
    return int((np.isin(keys, known) & (keys != -1) & (keys != itself)).sum())


def _nearly_shared(ours: np.ndarray, theirs: np.ndarray) -> tuple[int, int]:
    """Count the held-out samples that lie far nearer to a training sample than different samples do.

    Returns:
        How many do, and how many were compared.
    """
    step = max(1, len(theirs) // MOST_COMPARED)
    some = torch.as_tensor(np.ascontiguousarray(theirs[::step][:MOST_COMPARED])).flatten(1).float()
    if len(ours) < 4 * NEIGHBOURS_BEHIND or some.shape[1] < 32:
        return 0, 1
    columns = slice(None, None, some.shape[1] // 3073 + 1)
    some = some[:, columns]
    centre = some.mean(0)
    nearest = torch.empty(len(some), 0)
    for start in range(0, len(ours), COMPARED_AT_ONCE):
        part = torch.as_tensor(np.ascontiguousarray(ours[start : start + COMPARED_AT_ONCE])).flatten(1)
        distances = torch.cdist(some - centre, part[:, columns].float() - centre)
        if not bool(torch.isfinite(distances).all()):
            return 0, 1
        nearest = torch.cat([nearest, distances], dim=1)
        nearest = nearest.topk(min(NEIGHBOURS_BEHIND, nearest.shape[1]), largest=False).values
    near = nearest[:, 0] < NEAR * nearest[:, -1]
    return int(near.sum()), len(some)


def _of_inputs(seen: Seen) -> Iterator[Finding]:
    """Compare what went into the networks where there are no loaders."""
    groups = groups_of(seen)
    training = [group for group in groups if group.role == "train"]
    for held_out in groups:
        if held_out.role != "held-out" or held_out.loader is not None or not training:
            continue
        ours, theirs = training[0].images, held_out.images
        if ours.shape[1:] != theirs.shape[1:] or theirs[0].numel() < 16 or len(theirs) < 8:
            continue
        a, b = keys_of(array_of(ours)), keys_of(array_of(theirs))
        shared = int((np.isin(b, a) & (b != -1)).sum())
        share_of_training = float(np.isin(a, b).mean())
        if shared < LEAST_WARNED or len(np.unique(b)) < len(b) / 4:
            continue
        evidence: dict[str, object] = {
            "number": shared, "total": len(b), "share": shared / len(b),
            "name": next(iter(held_out.names), "model"),
        }  # fmt: skip
        where = line_of_call(origins_of(held_out.source), SPLITS) or held_out.source
        severity = "error" if share_of_training > ERROR_SHARE else "warning"
        yield Finding(CODE, severity, where, evidence=evidence, form="inputs", explains=SYMPTOMS)
        return


def _of_splits(seen: Seen) -> Iterator[Finding]:
    """Compare the splits of a source: by their hashes, mirrored, and by distance."""
    train = seen.splits.get("train")
    if train is None:
        return
    for name in ("val", "test"):
        other = seen.splits.get(name)
        if other is None or not len(other) or not len(train):
            continue
        shared = max(_shared_in_splits(train, other), key=lambda found: found[1] / found[2], default=None)
        if shared is not None:
            form, number, total = shared
            share = number / total
            severity = "error" if share >= ERROR_SHARE else "warning" if share >= WARNING_SHARE else "note"
            evidence: dict[str, object] = {"number": number, "total": total, "share": share, "name": name}
            yield Finding(CODE, severity, None, evidence=evidence, form=form)
        elif seen.audit is not None and (
            number := len(seen.audit.copies_of(kind="near", splits=("train", name)))
        ):
            share = number / len(other)
            severity = "warning" if share >= WARNING_SHARE and number >= LEAST_WARNED else "note"
            evidence = {"number": number, "total": len(other), "share": share, "name": name}
            yield Finding(CODE, severity, None, evidence=evidence, form="alike")


def _shared_in_splits(train: Pictures, other: Pictures) -> Iterator[tuple[str, int, int]]:
    """Count pictures that are shared, by form, with how many were compared."""
    number = len(shared_pictures(train, other))
    if number:
        yield "exact", number, len(other)
    some = np.linspace(0, len(other) - 1, min(len(other), MOST_COMPARED)).astype(np.int64)
    pixels = other.batch(some)
    turned = replace(other.take(some, split="mirrored"), hashes=hash_images(pixels[:, :, ::-1]))
    places = shared_pictures(train, turned)[:, 1]
    mirrored = int((turned.hashes[places] != other.hashes[some[places]]).any(axis=1).sum())
    if mirrored > max(WARNING_SHARE * len(some), LEAST_WARNED):
        yield "mirrored", mirrored, len(some)
    if train.images.nbytes > MOST_BYTES:
        return
    thinned = slice(None, None, pixels[0].size // MOST_PIXELS + 1)
    flat = train.images.reshape(len(train.images), -1)[:, thinned]
    ours = flat if train.rows is None else flat[train.rows]
    theirs = pixels.reshape(len(some), -1)[:: 1 if len(ours) <= MOST_TRAINING else 4, thinned]
    near, compared = _nearly_shared(ours, theirs)
    if near >= NEAR_SHARE * compared and near >= LEAST_WARNED:
        yield "near", near, compared
