"""Small trainings for the tests: pictures that can be learnt, small nets, plain recipes."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from glassnet.evaluation.forward import Judging
from glassnet.pictures.pictures import Pictures, Policy, hash_images
from glassnet.pictures.scale import Scale
from glassnet.training.events import Epoch, Step
from glassnet.training.loop import begin
from glassnet.training.recipe import Recipe

HALF = Scale((0.5,), (0.5,))

PLAIN = Recipe(
    net="toy", epochs=2.0, batch=8, lr=0.05, optimizer="sgd", momentum=0.9, weight_decay=0.01,
    schedule="constant", warmup=0.0, step_epochs=1.0, step_factor=0.5, label_smoothing=0.0,
    class_weights="equal", flip=False, shift=0, cutout=0, mixup=0.0, cutmix=0.0, ema=0.0, clip=0.0,
    normalize="half", precision="float32", memory_format="contiguous", onednn=True, device="cpu", threads=1, val=0.0, early_stop=0,
    seed=0, strict=False,
)  # fmt: skip


def pictures(
    count=30, *, size=(8, 8), channels=1, classes=3, seed=0, split="train", names=None, labels=None
) -> Pictures:
    """Make noise with a brighter row for each class."""
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, classes, count) if labels is None else np.asarray(labels)
    images = draw.integers(0, 120, (count, *size, channels), np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[label % size[0]] += 100
    return Pictures(
        split, images, labels.astype(np.int64), tuple(names or (f"class {i}" for i in range(classes))),
        tuple(f"{i}.png" for i in range(count)), Policy(*size, channels), "toys", hash_images(images),
    )  # fmt: skip


class Tiny(nn.Module):
    """Convolution, BatchNorm, dropout, linear: one of each kind of state."""

    def __init__(self, dropout: float = 0.25, classes: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.drop = nn.Dropout(dropout)
        self.head = nn.Linear(4 * 16, classes)

    def forward(self, images):
        x = torch.relu(self.norm(self.conv(images)))
        x = nn.functional.max_pool2d(x, 2)
        return self.head(self.drop(x.flatten(1)))


class Linear(nn.Module):
    """One linear layer: the smallest classifier."""

    def __init__(self, inputs: int = 64, classes: int = 3) -> None:
        super().__init__()
        self.head = nn.Linear(inputs, classes)

    def forward(self, images):
        return self.head(images.flatten(1))


def seed_all(seed: int) -> None:
    torch.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed)


def start(kind=Tiny, *, train=None, val=None, seed=0, **fields):
    """Begin a toy training: the same arguments give the same state and the same global generators."""
    seed_all(seed)
    return begin(kind(), train or pictures(), val, replace(PLAIN, **fields), HALF)


def weights_of(net: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().clone() for name, tensor in net.state_dict().items()}


def same_bits(one: dict, other: dict) -> bool:
    return one.keys() == other.keys() and all(
        torch.equal(tensor.contiguous().view(torch.uint8), other[name].contiguous().view(torch.uint8))
        if tensor.ndim
        else bool(tensor == other[name])
        for name, tensor in one.items()
    )


def told(event: object) -> tuple:
    """Give what an event says, without the time it took."""
    match event:
        case Step():
            return ("step", event.step, event.epoch, event.images, event.lr, float(event.loss),
                    int(event.correct), float(event.grad_norm))  # fmt: skip
        case Epoch():
            return ("epoch", replace(event, seconds=0.0))
        case Judging():
            return ("judging", event.done, event.total)
    return (type(event).__name__, event)
