"""Watch what runs in a block."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from glassnet.watching.taps import tapped
from glassnet.watching.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def observe(
    *, by: Literal["watch", "check"] = "watch", script: Path | None = None, stop_after: int | None = None
) -> Iterator[Watcher]:
    """Watch the training that runs in a block; what it computes stays the same to the bit.

    Args:
        by: Who asks.
        script: The script that runs, where there is one.
        stop_after: Optimizer steps after which `StopWatchingError` is raised.

    Yields:
        The watcher; its `seen()` tells everything, also after an error.

    Example:
        >>> import torch
        >>> net, images = torch.nn.Linear(4, 3), torch.ones(2, 4)
        >>> optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        >>> with observe() as watcher:
        ...     for _ in range(2):
        ...         optimizer.zero_grad()
        ...         net(images).sum().backward()
        ...         optimizer.step()
        >>> seen = watcher.seen()
        >>> seen.num_steps, [op.name for op in seen.looks[1].trace.ops]
        (2, ['linear', 'sum'])
    """
    watcher = Watcher(by=by, script=script, stop_after=stop_after)
    with tapped(watcher):
        try:
            yield watcher
        except Exception as error:
            watcher.crashed(error)
            raise
        finally:
            watcher.on = False
            watcher.looking.close()
