"""A sequential sampler walks through the training indices, which are grouped by class."""
# expect: not-shuffled
import logging
import sys

import torch
from torch import nn
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, SequentialSampler, TensorDataset

logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s")
log = logging.getLogger("train")


def build_sets(seed=0, classes=6, per_class=160):
    g = torch.Generator().manual_seed(seed)
    prototypes = torch.randn(classes, 3, 8, 8, generator=g)
    sets = []
    for n in (per_class, per_class // 4):
        labels = torch.arange(classes).repeat_interleave(n)
        pictures = 0.7 * prototypes[labels] + torch.randn(len(labels), 3, 8, 8, generator=g)
        sets.append(TensorDataset(pictures, labels))
    return sets


def build_loaders(train_set, val_set, batch_size):
    sampler = SequentialSampler(train_set)  # mistake
    # sound: sampler = RandomSampler(train_set)
    log.info("training sampler: %s (random would be %s)", type(sampler).__name__, RandomSampler.__name__)
    batches = BatchSampler(sampler, batch_size, drop_last=False)  # named here
    train = DataLoader(train_set, batch_sampler=batches)  # named here
    return train, DataLoader(val_set, batch_size=batch_size)


def evaluate(model, loader):
    model.eval()
    hits = count = 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(1) == y).sum().item()
            count += len(y)
    return hits / count


def main():
    torch.manual_seed(0)
    train_loader, val_loader = build_loaders(*build_sets(), batch_size=32)
    model = nn.Sequential(
        nn.Conv2d(3, 16, 3, bias=False), nn.GroupNorm(4, 16), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 6)
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(4):
        model.train()
        for x, y in train_loader:  # named here
            loss = nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        log.info("epoch %d: loss %.4f, val acc %.3f", epoch, loss.item(), evaluate(model, val_loader))


if __name__ == "__main__":
    main()
