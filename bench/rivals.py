"""One epoch of a tutorial's network in another trainer, each used as its own documentation shows.

usage: python bench/rivals.py TOOL JOB DATA PICTURES

TOOL is lightning, fastai or skorch (pip install lightning fastai skorch), or bare: the same steps on tensors
that lie in memory already scaled, and nothing else, not even a shuffle. The last line printed is JSON: pictures
seen and the seconds of the training call alone.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset, Subset

from tutorial import JOBS, NETS, dataset

if TYPE_CHECKING:
    from collections.abc import Callable


def lightning(net: nn.Module, train: Dataset, batch: int, rate: float, workers: int) -> float:
    """Train in Lightning, progress bar and logger as they come."""
    import lightning as pl

    class Module(pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = net

        def training_step(self, batch: list[torch.Tensor], _: int) -> torch.Tensor:
            loss = F.cross_entropy(self.net(batch[0]), batch[1])
            self.log("train_loss", loss, prog_bar=True)
            return loss

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), rate, momentum=0.9)

    loader = DataLoader(train, batch, shuffle=True, num_workers=workers)
    trainer = pl.Trainer(max_epochs=1, accelerator="cpu", default_root_dir=tempfile.mkdtemp())
    began = time.perf_counter()
    trainer.fit(Module(), loader)
    return time.perf_counter() - began


def fastai(net: nn.Module, train: Dataset, batch: int, rate: float, workers: int) -> float:
    """Train in fastai, with PyTorch's SGD."""
    from fastai.vision.all import DataLoaders, Learner, OptimWrapper

    loaders = DataLoaders.from_dsets(
        train, Subset(train, range(64)), bs=batch, device="cpu", num_workers=workers
    )
    sgd = partial(OptimWrapper, opt=torch.optim.SGD, momentum=0.9)
    learner = Learner(loaders, net, loss_func=nn.CrossEntropyLoss(), opt_func=sgd, lr=rate)
    began = time.perf_counter()
    learner.fit(1)
    return time.perf_counter() - began


def skorch(net: nn.Module, train: Dataset, batch: int, rate: float, workers: int) -> float:
    """Train in skorch, without a validation split."""
    from skorch import NeuralNetClassifier

    classifier = NeuralNetClassifier(
        net, criterion=nn.CrossEntropyLoss, optimizer=torch.optim.SGD, optimizer__momentum=0.9, lr=rate,
        batch_size=batch, max_epochs=1, train_split=None, iterator_train__shuffle=True,
        iterator_train__num_workers=workers,
    )  # fmt: skip
    began = time.perf_counter()
    classifier.fit(train, y=None)
    return time.perf_counter() - began


def bare(net: nn.Module, train: Dataset, batch: int, rate: float, workers: int) -> float:
    """Train on tensors in memory: the limit of the same steps in plain PyTorch."""
    images, labels = next(iter(DataLoader(train, len(train), num_workers=workers)))  # pyright: ignore[reportArgumentType]
    optimizer = torch.optim.SGD(net.parameters(), rate, momentum=0.9)
    net.train()
    began = time.perf_counter()
    for start in range(0, len(labels), batch):
        optimizer.zero_grad()
        loss = F.cross_entropy(net(images[start : start + batch]), labels[start : start + batch])
        loss.backward()
        optimizer.step()
    return time.perf_counter() - began


TOOLS: dict[str, Callable[[nn.Module, Dataset, int, float, int], float]] = {
    "bare": bare, "lightning": lightning, "fastai": fastai, "skorch": skorch,
}  # fmt: skip


def main(tool: str, job: str, data: str, pictures: str) -> None:
    """Train one epoch."""
    _, batch, _, rate, workers = JOBS[job]
    torch.manual_seed(0)
    train = dataset(job, Path(data), "train", int(pictures))
    seconds = TOOLS[tool](NETS[job](), train, batch, rate, workers)
    print(json.dumps({"pictures": len(train), "seconds": seconds}))  # pyright: ignore[reportArgumentType]


if __name__ == "__main__":
    main(*sys.argv[1:])
