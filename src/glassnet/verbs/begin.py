"""`begin`: a training for a loop of one's own, without a run folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from glassnet.evaluation.allocator import keep_freed_memory
from glassnet.terminal import Terminal, open_terminal
from glassnet.training.loop import State
from glassnet.training.loop import begin as begin_training
from glassnet.training.recipe import Recipe, over
from glassnet.verbs.prepare import prepare
from glassnet.verbs.wishes import lay_together

if TYPE_CHECKING:
    from torch import nn

    from glassnet.verbs.source import Source


def begin(
    net: nn.Module | str | None = None,
    source: Source | None = None,
    *,
    recipe: Recipe | str | Path | None = None,
    epochs: float | None = None,
    batch: int | None = None,
    lr: float | None = None,
    seed: int | None = None,
    val: float | None = None,
    options: Recipe | None = None,
    weights: str | Path | None = None,
    data_dir: str | Path | None = None,
    terminal: Terminal | None = None,
) -> State:
    """Read the pictures, choose the recipe, and make a training that `events` moves on; nothing is written.

    The global random generators stay seeded, for first weights and dropout use them.

    Args:
        net: As for `train`.
        source: As for `train`.
        recipe: As for `train`.
        epochs: As for `train`.
        batch: As for `train`.
        lr: As for `train`.
        seed: As for `train`.
        val: As for `train`.
        options: As for `train`.
        weights: As for `train`.
        data_dir: As for `train`.
        terminal: As for `train`.

    Returns:
        The training before its first step: `state.net`, `state.pictures`, `state.val`, `state.recipe`, ...

    Raises:
        UsageError: Something given is unknown or cannot be used.

    Example:
        >>> import glassnet
        >>> state = glassnet.begin("lenet", "fashion-mini", epochs=0.02)
        >>> for event in glassnet.events(state):
        ...     if isinstance(event, glassnet.Epoch):
        ...         print(event.epoch, event.step, event.images)
        1 1 128
    """
    single = Recipe(epochs=epochs, batch=batch, lr=lr, seed=seed, val=val)  # pyright: ignore[reportArgumentType]
    single = over(options or Recipe(), single)
    if isinstance(net, str):
        single, net = replace(single, net=net), None
    job = prepare(
        net, source, lay_together(old=None, recipe=recipe, options=single),
        old=None,
        weights=None if weights is None else Path(weights),
        data_dir=None if data_dir is None else Path(data_dir),
        terminal=terminal or open_terminal(json=True),
    )  # fmt: skip
    keep_freed_memory()
    return begin_training(job.built.module, job.splits.train, job.splits.val, job.recipe, job.scale)
