"""What happens in a training, as plain data: the events that `train` yields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from glassnet.evaluation.forward import Judging

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Step:
    """One optimizer step was taken."""

    step: int  # steps taken so far, this one included
    epoch: int  # 1 in the first epoch
    images: int  # pictures in this batch
    lr: float  # the rate this step was taken with
    loss: torch.Tensor  # scalar; left on the device: reading it waits for the device
    correct: torch.Tensor  # scalar, pictures of this batch classified right (augmented, in train mode)
    grad_norm: torch.Tensor  # scalar, norm of the whole gradient before clipping


@dataclass(frozen=True)
class Epoch:
    """An epoch ended and was judged; accuracies are in 0..1, None without a validation split."""

    epoch: int
    step: int
    lr: float
    train_loss: float
    train_accuracy: float
    val_loss: float | None
    val_accuracy: float | None
    best: bool  # the best epoch so far; without a validation split the last one is
    images: int  # training pictures seen in it
    seconds: float  # since the end of the epoch before
    val_class_accuracy: tuple[float | None, ...] | None = None  # of each class; None for one without pictures


@dataclass(frozen=True)
class Saved:
    """A checkpoint was written."""

    step: int


@dataclass(frozen=True)
class Finished:
    """The training is over."""

    step: int
    early: bool  # stopped early, as the recipe says


Event = Step | Judging | Epoch | Saved | Finished
