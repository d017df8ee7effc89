"""What is known of the labels: how many classes there are, and which labels were given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from glassnet.checks.origins import given_value, kept, losses_of

if TYPE_CHECKING:
    from glassnet.checks.seen import Loader, Seen

CLASS_LOSSES = frozenset({"cross_entropy", "nll_loss", "nll_loss_nd", "multi_margin_loss"})
MOST_LABELS = 8_192
DEEPEST = 8  # wrappers around a data set


def datasets_in(data: Any, deep: int = 0) -> list[Any]:
    """List a data set and those that it wraps (Subset, ConcatDataset, a person's own wrapper).

    Args:
        data: A data set.
        deep: How many are around it.

    Returns:
        All of them, outermost first.
    """
    if data is None or deep > DEEPEST or isinstance(data, torch.Tensor | str | int | float):
        return []
    found = [data]
    try:
        attributes = vars(data)
    except TypeError:
        return found
    for name in ("dataset", "data_set", "ds", "base", "subset", "data"):
        inner = attributes.get(name)
        if isinstance(inner, list | tuple | dict):
            continue
        if hasattr(type(inner), "__getitem__") and hasattr(type(inner), "__len__"):
            found += datasets_in(inner, deep + 1)
    several = attributes.get("datasets")
    for inner in several if isinstance(several, list | tuple) else ():
        found += datasets_in(inner, deep + 1)
    return found


def classes_of(loader: Loader) -> int | None:
    """Give how many classes a loader's data set says it has.

    Args:
        loader: It.

    Returns:
        How many; None where it does not say.
    """
    for data in datasets_in(getattr(loader.loader, "dataset", None)):
        for name in ("classes", "class_to_idx", "class_names", "target_names"):
            found = _attribute(data, name)
            if isinstance(found, list | tuple | dict) and len(found) > 1:
                return len(found)
        count = _attribute(data, "num_classes")
        if isinstance(count, int) and count > 1:
            return count
    return None


def _attribute(data: Any, name: str) -> Any:
    try:
        return getattr(data, name, None)
    except Exception:  # noqa: BLE001 — a property of a person's data set may raise anything
        return None


def num_classes(seen: Seen) -> int | None:
    """Give how many classes there are, where somebody says so.

    Args:
        seen: What was seen.

    Returns:
        How many; None where nobody says it, or not all say the same.
    """
    if seen.classes:
        return len(seen.classes)
    found = {classes_of(loader) for loader in seen.loaders if loader.num_steps}
    return found.pop() if len(found) == 1 else None


def _told_by_data(loader: Loader) -> list[int]:
    """List the labels of a loader's data set, where it holds them all as whole numbers."""
    data = getattr(loader.loader, "dataset", None)
    tensors = _attribute(data, "tensors")
    if isinstance(tensors, list | tuple) and len(tensors) > 1:
        held = tensors[1]
        if isinstance(held, torch.Tensor) and held.dim() == 1 and not held.is_floating_point():
            return held[:MOST_LABELS].tolist()
    return []


def labels_given(seen: Seen) -> list[int]:
    """List the labels that were seen, of loaders to train on and of losses.

    Args:
        seen: What was seen.

    Returns:
        The labels, in no order.
    """
    found: list[int] = []
    for loader in seen.loaders:
        if (told := _told_by_data(loader)) and loader.labels and set(loader.labels) <= set(told):
            found += told
        elif loader.labels:
            found += loader.labels
        else:
            for batch in loader.batches:
                if batch.labels is not None and not batch.labels.is_floating_point():
                    found += batch.labels.flatten().tolist()
    if found:
        return found
    for look, op in losses_of(seen, CLASS_LOSSES):
        target = kept(look, given_value(op, 1, "target"))
        if target is not None and not target.is_floating_point():
            found += target.flatten().tolist()
    if not found and seen.crash and seen.looks:
        found = _at_the_crash(seen)
    return found


def _at_the_crash(seen: Seen) -> list[int]:
    """List the whole numbers that the operation read which raised the error."""
    look = seen.looks[-1]
    for value in reversed(look.trace.values):
        numbers = look.trace.kept.get(value.number)
        if value.dtype == "int64" and len(value.shape) == 1 and numbers is not None:
            return numbers.tolist()
    return []
