"""What loaders give: copies of the first batches, the labels in their order, a fingerprint of each epoch."""

from __future__ import annotations

import sys
import weakref
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from glassnet.checks.seen import Batch, Loader
from glassnet.trace.source_line import is_own, own_line
from glassnet.watching.variables import variables_of

MOST_LABELS = 8_192
MOST_IN_A_DICT = 20
MOST_LOADERS = 64
NUM_EPOCHS = 3  # of which batches are kept
MOST_SAMPLES, MOST_NUMBERS = 2_048, 2_000_000  # of the first epoch; of the others one batch is kept


@dataclass(eq=False)
class Iteration:
    """An iteration that has begun; `trains` tells whether gradients were on when it gave its last batch."""

    iterator: weakref.ref
    loader: Loader
    epoch: int
    num_batches: int = 0
    trains: bool = False


class Loaders:
    """The loaders that were met so far, `MOST_LOADERS` at most: a script may make them anew each epoch.

    Args:
        records: Grows by one record for each.
    """

    def __init__(self, records: list[Loader]) -> None:
        self._records = records
        self._known: dict[int, Loader] = {}
        self._iterating: dict[int, Iteration] = {}  # by identity of the iterator

    def record_of(self, loader: Any) -> Loader | None:
        """Give the record of a loader, which may have been made before the watch began.

        Args:
            loader: Any.

        Returns:
            The record; None where there are too many already.
        """
        known = self._known.get(id(loader))
        if known is not None or len(self._records) >= MOST_LOADERS:
            return known
        random = type(getattr(loader, "sampler", None)).__name__ == "RandomSampler"
        shuffled = random or getattr(loader, "shuffle", None) is True  # fastai's
        found = Loader(len(self._records), loader, (), own_line(), shuffled=shuffled)
        self._known[id(loader)] = found
        self._records.append(found)
        return found

    def begin(self, loader: Any, iterator: Any) -> Loader | None:
        """Note that an iteration begins.

        Args:
            loader: The loader.
            iterator: What it gave.

        Returns:
            The record.
        """
        found = self.record_of(loader)
        if found is None:
            return None
        found.names = found.names or names_of(loader)
        found.iterated = found.iterated or own_line()
        for key in [
            key for key, one in self._iterating.items() if one.loader is found or one.iterator() is None
        ]:
            del self._iterating[key]
        self._iterating[id(iterator)] = Iteration(weakref.ref(iterator), found, found.num_epochs)
        found.num_epochs += 1
        return found

    def gave(self, iterator: Any, batch: Any) -> None:
        """Keep what rules want to know of a batch.

        Args:
            iterator: It gave the batch.
            batch: What it gave.
        """
        one = self._iterating.get(id(iterator))
        if one is not None:
            keep_batch(one.loader, one.epoch, one.num_batches, batch)
            one.num_batches += 1
            one.trains = torch.is_grad_enabled()

    def end(self, iterator: Any) -> tuple[Loader, int] | None:
        """Note that an iteration came to its end.

        Args:
            iterator: The iterator.

        Returns:
            The record, and the number of batches.
        """
        one = self._iterating.pop(id(iterator), None)
        return None if one is None else (one.loader, one.num_batches)

    def stepped(self) -> None:
        """Note that an optimizer stepped."""
        for one in self._iterating.values():
            if one.trains and one.iterator() is not None:
                one.loader.num_steps += 1


def names_of(thing: object) -> tuple[str, ...]:
    """Find the variables of the running code that hold an object.

    Args:
        thing: Any.

    Returns:
        Names in the person's own frames, innermost first, then attributes of `self`, each once.
    """
    found: dict[str, None] = {}
    frame = sys._getframe(1)  # noqa: SLF001
    while frame is not None:
        if is_own(frame.f_code.co_filename):
            for name, content in variables_of(frame).items():
                if content is thing:
                    found[name] = None
                elif name == "self":
                    held = getattr(content, "__dict__", {})
                    found.update(dict.fromkeys(key for key, part in list(held.items()) if part is thing))
                elif type(content) is dict and len(content) <= MOST_IN_A_DICT:  # loaders["train"]
                    found.update(dict.fromkeys(str(key) for key, part in content.items() if part is thing))
        frame = frame.f_back
    return tuple(found)


def keep_batch(loader: Loader, epoch: int, number: int, batch: Any) -> None:
    """Keep of a batch what rules want to know.

    Args:
        loader: Its loader; grows.
        epoch: Which iteration, from 0.
        number: Which batch of it, from 0.
        batch: As the loader gave it.
    """
    parts = [part for part in _tensors(batch) if part.dim() and part.layout == torch.strided]
    images = next((part for part in parts if part.dim() > 1), None)
    labels = next((part for part in parts if part is not images and _may_be_labels(part, images)), None)
    loader.last = Batch(epoch, number, images, labels)
    if epoch >= NUM_EPOCHS and number:
        return
    if number == 0:
        loader.first_samples.append(_fingerprint(images if images is not None else labels))
    if epoch == 0 and labels is not None and labels.dim() == 1 and not labels.is_floating_point():
        free = MOST_LABELS - len(loader.labels)
        loader.labels.extend(labels[:free].tolist())
    if _has_room(loader, images) if epoch == 0 and number else epoch < NUM_EPOCHS and not number:
        loader.batches.append(Batch(epoch, number, _first(images), _first(labels)))


def _has_room(loader: Loader, images: torch.Tensor | None) -> bool:
    kept = [batch.images for batch in loader.batches if batch.images is not None]
    num_samples, num_numbers = sum(map(len, kept)), sum(tensor.numel() for tensor in kept)
    size = 0 if images is None else images.numel()
    return len(kept) < 2 or (num_samples < MOST_SAMPLES and num_numbers + size <= MOST_NUMBERS)  # noqa: PLR2004


def _tensors(batch: Any) -> list[torch.Tensor]:
    if isinstance(batch, torch.Tensor):
        return [batch]
    if isinstance(batch, Mapping):
        return [tensor for part in batch.values() for tensor in _tensors(part)]
    if isinstance(batch, Sequence) and not isinstance(batch, str | bytes):
        return [tensor for part in batch for tensor in _tensors(part)]
    return []


def _may_be_labels(part: torch.Tensor, images: torch.Tensor | None) -> bool:
    return images is None or part.shape[:1] == images.shape[:1]


def _first(tensor: torch.Tensor | None) -> torch.Tensor | None:
    if tensor is None:
        return None
    if tensor.numel() > MOST_NUMBERS:
        each = tensor[0].numel()
        tensor = tensor[: max(MOST_NUMBERS // each, 1)]
    return tensor.detach().clone()


def _fingerprint(tensor: torch.Tensor | None) -> int:
    if tensor is None:
        return 0
    some = tensor.detach()[:8].cpu().contiguous()
    return zlib.crc32(some.view(torch.uint8).numpy().tobytes()) if some.numel() else 0
