"""An ignite-like engine: process functions, events, handlers fastened by decorators."""
from collections import defaultdict
from enum import Enum, auto

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Events(Enum):
    STARTED = auto()
    EPOCH_COMPLETED = auto()
    ITERATION_COMPLETED = auto()
    COMPLETED = auto()


class Engine:
    def __init__(self, process):
        self.process, self.handlers = process, defaultdict(list)
        self.epoch = self.iteration = 0

    def on(self, event):
        def fasten(f):
            self.handlers[event].append(f)
            return f

        return fasten

    def fire(self, event):
        for f in self.handlers[event]:
            f(self)

    def run(self, loader, max_epochs=1):
        self.fire(Events.STARTED)
        for self.epoch in range(1, max_epochs + 1):
            for batch in loader:
                self.iteration += 1
                self.output = self.process(self, batch)
                self.fire(Events.ITERATION_COMPLETED)
            self.fire(Events.EPOCH_COMPLETED)
        self.fire(Events.COMPLETED)


torch.manual_seed(0)
proto = torch.randn(6, 1, 9, 9)
labels = torch.arange(6).repeat(250)
images = 0.7 * proto[labels] + torch.randn(1500, 1, 9, 9)
mixed = torch.randperm(1500)
train_loader = DataLoader(TensorDataset(images[mixed[:1200]], labels[mixed[:1200]]), 48, shuffle=True, drop_last=True)
val_loader = DataLoader(TensorDataset(images[mixed[1200:]], labels[mixed[1200:]]), 100)

model = nn.Sequential(nn.Flatten(), nn.Linear(81, 64), nn.LayerNorm(64), nn.GELU(), nn.Linear(64, 6))
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.8)


def update(engine, batch):
    model.train()
    x, y = batch
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


@torch.no_grad()
def infer(engine, batch):
    model.eval()
    x, y = batch
    return model(x), y


trainer, evaluator = Engine(update), Engine(infer)


@evaluator.on(Events.STARTED)
def reset(engine):
    engine.hits = engine.total = 0


@evaluator.on(Events.ITERATION_COMPLETED)
def count(engine):
    logits, y = engine.output
    engine.hits += (logits.argmax(1) == y).sum().item()
    engine.total += len(y)


@trainer.on(Events.EPOCH_COMPLETED)
def validate(engine):
    scheduler.step()
    evaluator.run(val_loader)
    print(f"epoch {engine.epoch}: loss {engine.output:.4f}, validation {evaluator.hits / evaluator.total:.3f}")


@trainer.on(Events.COMPLETED)
def finish(engine):
    print("iterations:", engine.iteration)


trainer.run(train_loader, max_epochs=4)
