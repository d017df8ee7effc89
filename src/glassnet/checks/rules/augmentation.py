# ruff: noqa: PLR0911, PLR2004 — a rule is a row of conditions
"""Random changes of pictures where there must be none, and those that change what a picture shows."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

from glassnet.checks.batches import held_out_loaders, is_named_held_out, training_loaders
from glassnet.checks.finding import Finding
from glassnet.checks.script_lines import line_of_call, origins_of, without_other_keys
from glassnet.checks.transforms_of import Step, parts_of, steps_of
from glassnet.trace.trace import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Loader, Seen

CODE = "harmful-augmentation"
DIGITS = ("MNIST", "QMNIST", "EMNIST", "SVHN", "USPS")
FLIPS = ("RandomHorizontalFlip", "RandomVerticalFlip", "HorizontalFlip", "VerticalFlip")
UPSIDE_DOWN = 120  # degrees: beyond it a 6 is a 9
BY_HAND = re.compile(r"\b(hflip|vflip|fliplr|flipud|flip)\s*\(")
CHANCE = re.compile(r"rand|choice|uniform|bernoulli")


def harmful_augmentation(seen: Seen) -> Iterator[Finding]:
    """Find random transforms of validation pictures, and flips of digits.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    if seen.by == "check":
        return
    for loader in held_out_loaders(seen):
        finding = _of_held_out(seen, loader)
        if finding is not None:
            yield finding
            break
    for loader in training_loaders(seen):
        yield from _of_digits(loader)


def _of_held_out(seen: Seen, loader: Loader) -> Finding | None:
    if any("tta" in name.lower() for name in loader.names):
        return None
    dataset = loader.loader.dataset
    random = [step for step in steps_of(dataset) if step.random]
    trained = [id(part) for one in training_loaders(seen) for part in parts_of(one.loader.dataset)]
    if not is_named_held_out(loader.names) and not loader.source:
        return None
    if random:
        shared = any(id(part) in trained and steps_of(part) for part in parts_of(dataset))
        names = [step.name for step in random]
        origins = without_other_keys(origins_of(loader.source), loader.names)
        split = line_of_call(origins, ("random_split", "Subset", "train_test_split"))
        given = {
            id(step.transform) for one in training_loaders(seen) for step in steps_of(one.loader.dataset)
        }
        borrowed = any(
            id(step.transform) in given for step in random
        )  # meant for training, and given to both
        made = (
            line_of_call(origins, [type(part).__name__ for part in parts_of(dataset)]) if borrowed else None
        )
        where = (split if shared else made) or line_of_call(origins, names) or loader.source
        evidence: dict[str, object] = {
            "transforms": ", ".join(dict.fromkeys(names)),
            "name": next(iter(loader.names), "loader"),
        }
        return Finding(CODE, "warning", where, evidence=evidence, form="shared" if shared else "held_out")
    return _differs_between_epochs(loader)


def _differs_between_epochs(loader: Loader) -> Finding | None:
    """Find pictures that are other ones in each pass, though the labels and the order are the same."""
    if loader.shuffled or len(loader.first_samples) < 2 or len(set(loader.first_samples)) < 2:
        return None
    if type(getattr(loader.loader, "sampler", None)).__name__ != "SequentialSampler":
        return None
    firsts = {batch.epoch: batch for batch in loader.batches if batch.number == 0}
    first, second = firsts.get(0), firsts.get(1)
    if first is None or second is None or first.images is None or second.images is None:
        return None
    if first.images.shape != second.images.shape or not first.images.is_floating_point():
        return None
    if first.labels is None or second.labels is None or not first.labels.equal(second.labels):
        return None
    apart = float((first.images - second.images).abs().mean())
    if not apart > 0:
        return None
    evidence: dict[str, object] = {"apart": apart, "name": next(iter(loader.names), "loader")}
    where = loader.source
    return Finding(CODE, "warning", where, evidence=evidence, form="differs")


def _of_digits(loader: Loader) -> Iterator[Finding]:
    """Find flips and half turns of pictures that show digits, or left and right."""
    dataset = loader.loader.dataset
    what = _turned_kind(dataset, loader)
    if what is None:
        return
    for step in steps_of(dataset):
        if _turns(step, what):
            where = line_of_call(origins_of(loader.source), (step.name,)) or loader.source
            evidence: dict[str, object] = {"transform": step.name, "what": what}
            yield Finding(CODE, "warning", where, evidence=evidence, form=what)
            return
    where = _flipped_by_hand(dataset)
    if where is not None:
        evidence: dict[str, object] = {"transform": "flip", "what": what}
        yield Finding(CODE, "warning", where, evidence=evidence, form=what)


def _turns(step: Step, what: str) -> bool:
    if getattr(step.transform, "p", 1) == 0:
        return False
    if step.name in FLIPS:
        return what == "digits" or "Horizontal" in step.name
    degrees = getattr(step.transform, "degrees", None)
    if what == "digits" and step.name in ("RandomRotation", "RandomAffine") and degrees is not None:
        try:
            return max(abs(float(degree)) for degree in degrees) > UPSIDE_DOWN
        except (TypeError, ValueError):
            return False
    return False


def _turned_kind(dataset: object, loader: Loader) -> str | None:
    """Tell whether a dataset shows digits, or classes that a mirror exchanges."""
    for part in parts_of(dataset):
        if type(part).__name__ in DIGITS:
            return "digits"
        classes = getattr(part, "classes", None)
        if isinstance(classes, list | tuple) and all(isinstance(one, str) for one in classes):
            words = {word for one in classes for word in re.split(r"[^a-z0-9]+", one.lower())}
            if {"left", "right"} <= words:
                return "sides"
            if {"six", "nine"} <= words:
                return "digits"
    for origin in origins_of(loader.source):
        if any(getattr(node, "id", getattr(node, "attr", "")) == "load_digits" for node in origin.walk()):
            return "digits"
    return None


def _flipped_by_hand(dataset: object) -> Source | None:
    """Find a random flip written out in a person's own `__getitem__`."""
    for part in parts_of(dataset):
        method = type(part).__dict__.get("__getitem__")
        if method is None or type(part).__module__.startswith(("torch", "torchvision")):
            continue
        try:
            lines, start = inspect.getsourcelines(method)
        except (OSError, TypeError):
            continue
        for place, line in enumerate(lines):
            before = "".join(lines[max(0, place - 2) : place + 1])
            if BY_HAND.search(line.split("#")[0]) and CHANCE.search(before):
                return Source(inspect.getsourcefile(method) or "", start + place, "__getitem__")
    return None
