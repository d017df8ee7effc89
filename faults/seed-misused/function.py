"""set_seed() is called in the function that trains one epoch."""
# expect: seed-misused

import random

import numpy as np
import torch
from torch import nn


def set_seed(seed):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)  # named here


def train_epoch(model, optimizer, x, y):
    set_seed(0)  # mistake
    model.train()
    for idx in torch.randperm(len(x)).split(32):
        loss = nn.functional.cross_entropy(model(x[idx]), y[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


def main():
    # sound: set_seed(0)
    x = torch.randn(512, 16, generator=torch.Generator().manual_seed(1))
    y = (x[:, 0] * x[:, 1] > 0).long()
    model = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for epoch in range(8):
        print(epoch, train_epoch(model, optimizer, x, y))


if __name__ == "__main__":
    main()
