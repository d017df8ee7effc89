"""The training loop: a generator of events over a state that can be saved between any two of them.

Shapes: B pictures in the batch, C channels, H×W pixels, K classes.
"""

from __future__ import annotations

import math
import os
import time
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 — its name everywhere

from glassnet.errors import TrainingError
from glassnet.evaluation.forward import Compute, forward_split
from glassnet.evaluation.memory import is_out_of_memory
from glassnet.nets.logits import logits_of
from glassnet.training.batches import Batch, batch_starts, batches, mix, plan_epoch
from glassnet.training.events import Epoch, Event, Finished, Step
from glassnet.training.memory import largest_batch_that_fits
from glassnet.training.nonfinite import first_not_finite
from glassnet.training.optim import build_optimizers, rate_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glassnet.pictures.pictures import Pictures
    from glassnet.pictures.scale import Scale
    from glassnet.training.recipe import Recipe


@dataclass
class State:
    """All that a training is at one moment: `checkpoint` saves it, `train` moves it on."""

    net: torch.nn.Module
    recipe: Recipe  # resolved
    pictures: Pictures
    val: Pictures | None
    scale: Scale
    parameters: list[torch.nn.Parameter]  # those that are trained; walking the network each step takes time
    optimizers: list[torch.optim.Optimizer]
    average: torch.optim.swa_utils.AveragedModel | None  # the moving average of the weights
    class_weights: torch.Tensor | None  # float32, K
    starts: list[int]  # of the batches of an epoch, and at the end the number of pictures
    num_steps: int
    judging_threads: int  # of the processor; steps have the recipe's number
    step: int = 0  # taken
    loss_sum: float = 0.0  # over the pictures of this epoch so far
    correct: torch.Tensor = field(default_factory=lambda: torch.zeros((), dtype=torch.int64))
    seen: int = 0  # pictures of this epoch so far
    history: list[Epoch] = field(default_factory=list)
    best_logits: torch.Tensor | None = None  # of the validation pictures in the best epoch, if judged here
    seconds: dict[str, float] = field(default_factory=lambda: {"data": 0.0, "train": 0.0, "evaluate": 0.0})

    @property
    def compute(self) -> Compute:
        """Where and in which numbers the network computes."""
        recipe = self.recipe
        return Compute(recipe.device, recipe.precision, recipe.memory_format, strict=recipe.strict)

    @property
    def judged(self) -> torch.nn.Module:
        """The network that is judged and kept: the moving average where there is one."""
        return self.net if self.average is None else self.average.module

    @property
    def steps_per_epoch(self) -> int:
        """Count the steps of a whole epoch."""
        return len(self.starts) - 1

    @property
    def best(self) -> Epoch | None:
        """The epoch whose weights are kept: the best validation, without one the last."""
        return next((epoch for epoch in reversed(self.history) if epoch.best), None)


def begin(
    net: torch.nn.Module, pictures: Pictures, val: Pictures | None, recipe: Recipe, scale: Scale
) -> State:
    """Make the state before the first step.

    Args:
        net: Any module; it is trained in place, on the recipe's device.
        pictures: To train on.
        val: To judge each epoch by, or None.
        recipe: Resolved.
        scale: Pixels to what the network sees.

    Returns:
        The state for `train`.

    Raises:
        TrainingError: No parameter of the network can be trained, or it has state that cannot be saved.
    """
    if recipe.strict:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it CUDA's products are refused
    device = torch.device(recipe.device)
    net.to(device=device)
    if recipe.memory_format == "channels-last":
        net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    parameters = [parameter for parameter in net.parameters() if parameter.requires_grad]
    if not parameters:
        raise TrainingError(
            "the network has nothing to train",
            where=type(net).__name__,
            got="no parameter that requires a gradient",
            hint="glassnet evaluates such networks, but cannot train them",
        )
    for name, value in net.state_dict().items():
        if not isinstance(value, torch.Tensor):
            raise TrainingError(
                "the network has state that cannot be saved", where=name, got=type(value).__name__,
                expected="parameters and buffers: a run keeps tensors, never pickles",
            )  # fmt: skip
    average = None
    if recipe.ema:
        average = torch.optim.swa_utils.AveragedModel(
            net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(recipe.ema), use_buffers=True
        )
    weights = None
    if recipe.class_weights == "balanced":
        weights = balanced_weights(pictures.labels, len(pictures.classes)).to(device)
    starts = batch_starts(len(pictures), recipe.batch)
    return State(
        net=net,
        recipe=recipe,
        pictures=pictures,
        val=val,
        scale=scale,
        parameters=parameters,
        optimizers=build_optimizers(net, recipe),
        average=average,
        class_weights=weights,
        starts=starts,
        num_steps=max(round(recipe.epochs * (len(starts) - 1)), 1),
        judging_threads=torch.get_num_threads(),
        correct=torch.zeros((), dtype=torch.int64, device=device),
    )


def balanced_weights(labels: np.ndarray, num_classes: int) -> torch.Tensor:
    """Weigh classes so that each counts the same in the loss, however many pictures it has.

    Args:
        labels: int64, N.
        num_classes: K.

    Returns:
        float32, K: pictures / (classes · pictures of the class); classes without any do not count, and get 0.

    Example:
        >>> balanced_weights(np.array([0, 0, 0, 1]), 3).tolist()
        [0.6666666865348816, 2.0, 0.0]
    """
    counts = np.bincount(labels, minlength=num_classes)
    weights = len(labels) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    return torch.from_numpy(np.where(counts > 0, weights, 0.0)).float()


def train(state: State) -> Iterator[Event]:
    """Train to the end of the recipe.

    Args:
        state: From `begin`, or restored from a checkpoint; it is moved on in place, and whole at every event.

    Yields:
        A `Step` after each step; at the end of each epoch `Judging` and an `Epoch`; at last `Finished`.

    Raises:
        TrainingError: The loss or a gradient is not finite, or the memory is too small; the parameters are
            as they were before the step (BatchNorm has counted its forward pass).
    """
    began = time.perf_counter()
    state.net.train()
    feed: Iterator[Batch] | None = None
    onednn = bool(torch.backends.mkldnn.enabled)
    try:
        while True:
            epoch = len(state.history) + 1
            if state.seen and state.step == min(epoch * state.steps_per_epoch, state.num_steps):
                feed = None
                _compute_with(state.judging_threads, onednn=onednn)
                yield from _judge(state, began)
                began = time.perf_counter()
            if state.step == state.num_steps or _stops_early(state):
                yield Finished(state.step, early=state.step < state.num_steps)
                return
            if feed is None:
                _compute_with(state.recipe.threads, onednn=onednn and state.recipe.onednn)
                feed = _feed(state)
            with state.compute.repeatable():
                step = _take_step(state, feed)
            yield step
    finally:
        _compute_with(state.judging_threads, onednn=onednn)


def _compute_with(threads: int, *, onednn: bool) -> None:
    """Set what PyTorch computes with on the processor."""
    torch.set_num_threads(threads)
    torch.backends.mkldnn.enabled = onednn


def _feed(state: State) -> Iterator[Batch]:
    """Give the batches of the present epoch, from the next step on."""
    plan = plan_epoch(state.recipe, len(state.pictures), len(state.history) + 1)
    first = state.step % state.steps_per_epoch
    return batches(state.pictures, state.scale, state.recipe, plan, state.starts, first)


def _take_step(state: State, feed: Iterator[Batch]) -> Step:
    recipe = state.recipe
    began = time.perf_counter()
    batch = next(feed)
    images, targets = _mixed(state, batch)
    loaded = time.perf_counter()

    share = rate_at(recipe, state.step, state.num_steps, state.steps_per_epoch)
    for optimizer in state.optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group.setdefault("peak_lr", group["lr"]) * share
    for parameter in state.parameters:
        parameter.grad = None
    random_state = torch.get_rng_state()
    try:
        with state.compute.autocast():
            output = state.net(images)
        logits = logits_of(output).float()
        loss = F.cross_entropy(logits, targets, state.class_weights, label_smoothing=recipe.label_smoothing)
        loss.backward()
    except (RuntimeError, MemoryError) as error:
        output = logits = loss = None  # free what the pass holds
        if (explained := _explained(error, state, images, targets)) is None:
            raise
        raise explained from error
    norm = _gradient_norm(state)
    loss = loss.detach()
    loss_number = float(loss)
    if not math.isfinite(loss_number + float(norm)):
        torch.set_rng_state(random_state)
        raise _not_finite(state, batch.indices, images, targets, loss_number, float(norm))
    if recipe.clip:
        torch.nn.utils.clip_grads_with_norm_(state.parameters, recipe.clip, norm)
    for optimizer in state.optimizers:
        optimizer.step()
    if state.average is not None:
        state.average.update_parameters(state.net)

    correct = (logits.detach().argmax(1) == batch.labels).sum()
    state.loss_sum += loss_number * len(images)
    state.correct += correct
    state.seen += len(images)
    state.step += 1
    state.seconds["data"] += loaded - began
    state.seconds["train"] += time.perf_counter() - loaded
    epoch = len(state.history) + 1
    return Step(state.step, epoch, len(images), recipe.lr * share, loss, correct, norm)


def _gradient_norm(state: State) -> torch.Tensor:
    """Give the norm of the whole gradient; PyTorch's `get_total_norm` takes twice as long on a small one."""
    gradients = [p.grad for p in state.parameters if p.grad is not None]
    if not gradients:  # the loss depends on something that is no parameter
        return torch.zeros(())
    norms = torch._foreach_norm(gradients)  # noqa: SLF001 # pyright: ignore[reportPrivateImportUsage]
    return torch.linalg.vector_norm(torch.stack(norms))


def _mixed(state: State, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """Give what the network sees and the targets of its loss."""
    if state.recipe.mixup or state.recipe.cutmix:
        num_classes = len(state.pictures.classes)
        return mix(batch.images, batch.labels, state.recipe, state.step, num_classes)
    return batch.images, batch.labels


def _judge(state: State, began: float) -> Iterator[Event]:
    """Judge an ended epoch and write it into the history."""
    judging_began = time.perf_counter()
    val_loss = val_accuracy = per_class = logits = None
    if state.val is not None:
        logits = yield from forward_split(state.judged, state.val, state.scale, state.compute)
        labels = torch.from_numpy(state.val.labels)
        val_loss = float(F.cross_entropy(logits, labels))
        right = logits.argmax(1) == labels
        val_accuracy = float(right.double().mean())
        per_class = _per_class(right.numpy(), state.val.labels, len(state.val.classes))
    state.seconds["evaluate"] += time.perf_counter() - judging_began
    epochs = len(state.history)
    best = state.best
    event = Epoch(
        epoch=epochs + 1,
        step=state.step,
        lr=state.recipe.lr * rate_at(state.recipe, state.step - 1, state.num_steps, state.steps_per_epoch),
        train_loss=state.loss_sum / state.seen,
        train_accuracy=int(state.correct) / state.seen,
        val_loss=val_loss,
        val_accuracy=val_accuracy,
        best=best is None or val_accuracy is None or val_accuracy >= (best.val_accuracy or 0.0),
        seconds=time.perf_counter() - began,
        images=state.seen,
        val_class_accuracy=per_class,
    )
    state.history.append(event)
    if event.best:
        state.best_logits = logits
    state.loss_sum = 0.0
    state.correct.zero_()
    state.seen = 0
    yield event


def _per_class(right: np.ndarray, labels: np.ndarray, num_classes: int) -> tuple[float | None, ...]:
    """Give the share of each class's pictures that were told right."""
    counts = np.bincount(labels, minlength=num_classes).tolist()
    hits = np.bincount(labels[right], minlength=num_classes).tolist()
    return tuple(hit / count if count else None for hit, count in zip(hits, counts, strict=True))


def _stops_early(state: State) -> bool:
    accuracies = [epoch.val_accuracy for epoch in state.history if epoch.val_accuracy is not None]
    if not state.recipe.early_stop or not accuracies:
        return False
    reached = accuracies.index(max(accuracies))  # the same accuracy again is no better one
    return len(accuracies) - 1 - reached >= state.recipe.early_stop


def _not_finite(
    state: State, indices: torch.Tensor, images: torch.Tensor, targets: torch.Tensor, loss: float, norm: float
) -> TrainingError:
    first = first_not_finite(
        state.net, images, targets, state.compute,
        class_weights=state.class_weights, label_smoothing=state.recipe.label_smoothing,
    )  # fmt: skip
    return TrainingError(
        "the loss or the gradient is not finite; no step was taken",
        where=f"step {state.step + 1}: the first operation that made it: {first}",
        got=f"loss {loss}, gradient norm {norm}; pictures {indices.tolist()}",
        expected="finite numbers",
        hint=f"a lower rate (--lr {state.recipe.lr / 10:g}) or --clip 1 is the usual cure",
    )


def _explained(
    error: RuntimeError | MemoryError, state: State, images: torch.Tensor, targets: torch.Tensor
) -> TrainingError | None:
    """Turn an error of PyTorch into one for people where its cause is known."""
    if is_out_of_memory(error):
        traceback.clear_frames(error.__traceback__)  # they hold the memory of the pass that failed
        fits = largest_batch_that_fits(state.net, images, targets, state.compute)
        return TrainingError(
            f"the memory of {state.recipe.device} is too small for this batch",
            where=f"step {state.step + 1}",
            got=f"batch {len(images)}",
            expected={None: None, 0: "not even one picture fits"}.get(fits, f"batch {fits} fits"),
            hint="a smaller network or pictures" if fits == 0 else f"--batch {fits or len(images) // 2}",
        )
    if "deterministic" in str(error):
        return TrainingError(
            "an operation cannot be repeated to the same bits, which --strict asks for",
            where=str(error).split(" does not")[0].split("\n")[0],
            hint="--no-strict allows it",
        )
    return None
