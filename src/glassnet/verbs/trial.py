"""A short training of glassnet's own, watched: what rules need to know of a network and its pictures."""

from __future__ import annotations

import copy
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn import functional
from torch.nn.parameter import is_lazy

from glassnet.errors import GlassnetError
from glassnet.nets.logits import logits_of
from glassnet.training.events import Step
from glassnet.training.loop import begin
from glassnet.training.loop import train as train_events
from glassnet.watching.observe import observe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.checks.seen import Seen
    from glassnet.pictures.pictures import Pictures
    from glassnet.pictures.scale import Scale
    from glassnet.training.recipe import Recipe

NUM_STEPS = 3
MOST_SAMPLES = 32  # of a batch of noise
MOST_NUMBERS = 2_000_000  # of a batch of pictures: larger ones are cut, so that large networks take seconds
SMALL = 4096  # numbers in a picture
FEW = 4  # samples of larger pictures, and for a large network two
LARGE = 50_000_000  # parameters


def try_recipe(net: nn.Module, train: Pictures, val: Pictures | None, recipe: Recipe, scale: Scale) -> Seen:
    """Train a copy of a network for three steps as a recipe says, and judge some pictures.

    Args:
        net: It fits the pictures; it is left alone.
        train: To train on.
        val: To judge by, or None.
        recipe: Resolved.
        scale: Pixels to what the network sees.

    Returns:
        What was seen; `crash` tells of an exception.
    """
    trained = copy.deepcopy(net)
    size = max(train.policy.channels * train.policy.height * train.policy.width, 1)
    recipe = replace(recipe, batch=min(recipe.batch, max(MOST_NUMBERS // size, 2 * FEW)))
    with suppress(Exception), observe(by="check") as watcher:  # the watcher notes what is raised
        state = begin(trained, train, val, recipe, scale)
        steps = (event for event in train_events(state) if isinstance(event, Step))
        for _ in islice(steps, NUM_STEPS):
            pass
        _judge(trained, val or train, recipe, scale)
    return watcher.seen()


def try_noise(net: nn.Module, shape: tuple[int, ...], *, num_classes: int | None = None) -> Seen:
    """Train a copy of a network for two steps on noise, as far as its output allows.

    Args:
        net: It is left alone.
        shape: Of one picture.
        num_classes: As many labels there are; None for as many as the network has outputs.

    Returns:
        What was seen; `crash` tells of an exception.

    Example:
        >>> seen = try_noise(nn.Sequential(nn.Flatten(), nn.Linear(4, 3)), (1, 2, 2))
        >>> seen.num_steps, [op.name for op in seen.looks[0].trace.ops]
        (2, ['flatten', 'linear', 'arange', 'remainder', 'cross_entropy'])
    """
    trained = copy.deepcopy(net)
    size = max(torch.Size(shape).numel(), 1)
    weights = sum(parameter.numel() for parameter in trained.parameters() if not is_lazy(parameter))
    num_samples = MOST_SAMPLES if size < SMALL else FEW if weights < LARGE else 2
    images = torch.randn(num_samples, *shape, generator=torch.Generator().manual_seed(0))
    parameters = [parameter for parameter in trained.parameters() if parameter.requires_grad]
    optimizer = torch.optim.SGD(parameters, lr=0.01) if parameters else None
    with suppress(Exception), observe(by="check") as watcher:  # the watcher notes what is raised
        trained.train()
        for _ in range(NUM_STEPS - 1 if optimizer is not None else 0):
            loss = _loss(trained(images), num_classes)
            optimizer.zero_grad()  # pyright: ignore[reportOptionalMemberAccess]
            loss.backward()
            optimizer.step()  # pyright: ignore[reportOptionalMemberAccess]
        trained.eval()
        with torch.no_grad(), _unfused_attention():
            trained(images)
    return watcher.seen()


def _loss(output: Any, num_classes: int | None) -> torch.Tensor:
    try:
        logits = logits_of(output)
    except GlassnetError:
        logits = None
    if logits is None or logits.dim() != 2 or not logits.is_floating_point():  # noqa: PLR2004
        first = output if isinstance(output, torch.Tensor) else next(iter(_tensors(output)))
        return first.float().mean()
    return functional.cross_entropy(logits, torch.arange(len(logits)) % (num_classes or logits.shape[1]))


def _tensors(output: Any) -> list[torch.Tensor]:
    if isinstance(output, torch.Tensor):
        return [output]
    parts = output.values() if isinstance(output, dict) else output
    return [tensor for part in parts for tensor in _tensors(part)]


def _judge(net: nn.Module, pictures: Pictures, recipe: Recipe, scale: Scale) -> None:
    """Let the network see some pictures as it does when it is judged."""
    images = torch.from_numpy(pictures.batch(range(min(MOST_SAMPLES, len(pictures)))))
    images = scale.apply(images, device=recipe.device, memory_format=recipe.memory_format)
    net.eval()
    with torch.no_grad(), _unfused_attention():
        net(images)


@contextmanager
def _unfused_attention() -> Iterator[None]:
    """Keep PyTorch from computing attention in one piece, into which nobody sees."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)
