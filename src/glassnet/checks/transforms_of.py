# ruff: noqa: PLR2004 — a rule is a row of conditions
"""What a dataset does to its pictures: its parts and its transforms, read from the objects, not run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.utils.data import Dataset

if TYPE_CHECKING:
    from collections.abc import Iterator

INNER = ("dataset", "ds", "base", "subset", "base_dataset", "data", "inner", "source")
HOLDERS = ("transforms", "augs", "ops", "steps")
RANDOM_STARTS = ("Random", "Rand")
RANDOM_NAMES = (
    "ColorJitter", "AutoAugment", "RandAugment", "TrivialAugmentWide", "AugMix", "ElasticTransform",
    "GaussianNoise", "ScaleJitter", "HorizontalFlip", "VerticalFlip", "ShiftScaleRotate", "CutMix", "MixUp",
)  # fmt: skip
MOST_PARTS = 64


@dataclass(frozen=True)
class Step:
    """One transform of a dataset: its class, the object, and whether it draws random numbers."""

    name: str
    transform: Any
    random: bool


def parts_of(dataset: Any) -> Iterator[Any]:
    """List a dataset and those that it wraps: of a Subset, of a ConcatDataset, of a person's own wrapper."""
    waiting, done = [dataset], set()
    while waiting and len(done) < MOST_PARTS:
        part = waiting.pop(0)
        if part is None or id(part) in done:
            continue
        done.add(id(part))
        yield part
        held = _attributes(part)
        waiting.extend(held[name] for name in INNER if _is_dataset(held.get(name)))
        several = held.get("datasets")
        if isinstance(several, list | tuple):
            waiting.extend(inner for inner in several if _is_dataset(inner))


def _attributes(thing: Any) -> dict[str, Any]:
    try:
        return vars(thing)
    except TypeError:
        return {}


def _is_dataset(thing: Any) -> bool:
    if isinstance(thing, torch.Tensor | list | tuple | dict | str):
        return False
    return isinstance(thing, Dataset) or (hasattr(type(thing), "__getitem__") and hasattr(thing, "__dict__"))


def steps_of(dataset: Any) -> list[Step]:
    """List the transforms of pictures in the order in which they are applied, innermost dataset first."""
    steps: list[Step] = []
    for part in reversed(list(parts_of(dataset))):
        for name, held in _attributes(part).items():
            if "target" in name or not _is_transform(name, held):
                continue
            steps.extend(_flat(held))
    return steps


def _is_transform(name: str, held: Any) -> bool:
    if (
        held is None
        or isinstance(held, str | int | float | type)
        or type(held).__name__ == "StandardTransform"
    ):
        return False
    from_library = type(held).__module__.startswith(("torchvision.transforms", "albumentations", "kornia"))
    named = any(word in name.lower() for word in ("transform", "tfm", "aug", "preproc", "tf"))
    listed = isinstance(held, list | tuple) and held and all(callable(one) for one in held)
    return from_library or (named and (callable(held) or bool(listed)))


def _flat(transform: Any, depth: int = 0) -> Iterator[Step]:
    if isinstance(transform, list | tuple):
        inner: Any = transform
    else:
        held = _attributes(transform)
        inner = next((held[name] for name in HOLDERS if isinstance(held.get(name), list | tuple)), None)
        if inner is None and type(transform).__name__ == "Sequential":
            inner = list(transform)
        name = type(transform).__name__
        if name in ("function", "method", "partial"):
            name = getattr(transform, "__name__", name)
        if inner is None or _is_random(name, transform):
            yield Step(name, transform, _is_random(name, transform))
    if inner is not None and depth < 6:
        for one in inner:
            yield from _flat(one, depth + 1)


def _is_random(name: str, transform: Any) -> bool:
    if getattr(transform, "p", 1) == 0:
        return False
    return name.startswith(RANDOM_STARTS) or name in RANDOM_NAMES


def numbers_of(step: Step) -> tuple | None:
    """Give the settings of a transform that must be the same in training and validation.

    Returns:
        For Normalize its means and deviations, for conversions to tensors whether they scale to 0..1; None
        for all others.
    """
    transform = step.transform
    if step.name == "Normalize":
        mean, std = _plain(getattr(transform, "mean", None)), _plain(getattr(transform, "std", None))
        return None if mean is None or std is None else (mean, std)
    return None


def _plain(numbers: Any) -> tuple[float, ...] | None:
    try:
        values = numbers.tolist() if hasattr(numbers, "tolist") else numbers
        values = values if isinstance(values, list | tuple) else [values]
        return tuple(float(value) for value in values)
    except (TypeError, ValueError):
        return None
