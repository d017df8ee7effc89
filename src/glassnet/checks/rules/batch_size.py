"""A batch size that is written down, where the last batch is smaller."""

from __future__ import annotations

import contextlib
import sys
import traceback
from typing import TYPE_CHECKING, Any

import torch
from torch.overrides import TorchFunctionMode

from glassnet.checks.finding import Finding
from glassnet.checks.probes import probes_of
from glassnet.trace.source_line import is_own
from glassnet.trace.trace import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.probes import Probe
    from glassnet.checks.seen import Seen

CUTTERS = frozenset({"view", "reshape", "expand", "repeat"})
FACTORIES = frozenset({"zeros", "ones", "randn", "rand", "full", "empty", "new_zeros", "arange", "eye"})
PLENTY = 4  # samples from which a fixed batch size is sought


def fixed_batch_size(seen: Seen) -> Iterator[Finding]:
    """Find networks that refuse fewer samples than they were trained on.

    Args:
        seen: Everything that was seen.

    Yields:
        The findings.
    """
    told = False
    for probe in probes_of(seen):
        error = probe.refused
        if error is None or len(probe.images) < PLENTY or _is_not_of_shapes(error):
            continue
        counts = [len(probe.images) - 1, len(probe.images) // 2, len(probe.images) - 2]
        if not all(_refuses(probe, count) for count in counts):
            continue
        failed = _line_of(error)
        crashed = seen.crash is not None and failed is not None and seen.crash.source == failed
        source = _made_for(probe) or failed
        evidence: dict[str, object] = {"batch": len(probe.images), "error": _first_line(error)}
        yield Finding(
            "fixed-batch-size",
            "error" if crashed else "warning",
            source,
            probe.network.prefix.removesuffix("."),
            evidence,
            form="crash" if crashed else "main",
        )
        told = True
    if not told:
        yield from _crashed_at_last_batch(seen)


def _is_not_of_shapes(error: Exception) -> bool:
    """Some layers refuse a few samples for reasons of their own; shapes alone tell of a fixed size."""
    return not isinstance(error, RuntimeError | ValueError | IndexError | AssertionError)


def _refuses(probe: Probe, count: int) -> bool:
    try:
        probe.run(probe.images[:count])
    except Exception:  # noqa: BLE001
        return True
    return False


def _line_of(error: Exception) -> Source | None:
    found = None
    for frame in traceback.extract_tb(error.__traceback__):
        if is_own(frame.filename):
            found = Source(frame.filename, frame.lineno or 0, frame.name)
    return found


class _Makers(TorchFunctionMode):
    """Notes where a tensor is made for a whole batch, though fewer samples were given."""

    def __init__(self, batch: int) -> None:
        super().__init__()
        self.batch = batch
        self.source: Source | None = None

    def __torch_function__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if self.source is None and isinstance(result, torch.Tensor):
            made = func.__name__ in FACTORIES and self.batch in result.shape[:2]
            cut = func.__name__ in CUTTERS and _first_size(args) == self.batch == result.shape[0]
            if made or cut:
                self.source = self._home()
        return result

    def _home(self) -> Source | None:
        """Find the line that says how many: of a function that is told it, the line that calls it."""
        frame, found = sys._getframe(2), None  # noqa: SLF001
        while frame is not None:
            code = frame.f_code
            if is_own(code.co_filename):
                found = Source(code.co_filename, frame.f_lineno, code.co_name)
                told = [frame.f_locals.get(name) for name in code.co_varnames[: code.co_argcount]]
                if not any(type(one) is int and one == self.batch for one in told):
                    return found
            frame = frame.f_back
        return found


def _first_size(args: tuple) -> Any:
    sizes = args[1] if len(args) > 1 else None
    return sizes[0] if isinstance(sizes, tuple | list) and sizes else sizes


def _made_for(probe: Probe) -> Source | None:
    makers = _Makers(len(probe.images))
    for count in (len(probe.images) - 1, len(probe.images) // 2):  # one of them may pass the view
        with contextlib.suppress(Exception), makers:
            probe.run(probe.images[:count])
    return makers.source


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".split("\n")[0][:200]


def _crashed_at_last_batch(seen: Seen) -> Iterator[Finding]:
    """The last batch of an epoch is smaller, and something outside the network was made for a full one."""
    crash = seen.crash
    if crash is None or crash.type not in ("RuntimeError", "ValueError") or not seen.num_steps:
        return
    for loader in seen.loaders:
        data, batch = loader.loader, getattr(loader.loader, "batch_size", None)
        try:
            left = len(data.dataset) % batch if batch and not data.drop_last else 0  # pyright: ignore[reportArgumentType]
        except TypeError:
            continue
        if not left or not batch:
            continue
        numbers = _numbers(f"{crash.message} {crash.what or ''}")
        whole = batch in numbers
        rest = left in numbers or any(number % left == 0 and number > left for number in numbers - {batch})
        if whole and rest:
            evidence: dict[str, object] = {
                "batch": batch,
                "left": left,
                "error": crash.message.split("\n")[0],
            }
            yield Finding("fixed-batch-size", "error", crash.source, "", evidence, form="last")
            return


def _numbers(text: str) -> set[int]:
    words = "".join(letter if letter.isdigit() else " " for letter in text).split()
    return {int(word) for word in words if len(word) < 12}  # noqa: PLR2004
