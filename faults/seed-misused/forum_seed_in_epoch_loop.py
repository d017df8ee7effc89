"""For reproducible runs I seed at the start of every epoch. So each epoch has the same order."""
# expect: seed-misused
import random

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


def seed_everything(seed=42):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


class DigitModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(12, 24, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
        self.drop = nn.Dropout(0.3)
        self.out = nn.Linear(96, 10)

    def forward(self, x):
        return self.out(self.drop(self.body(x)))


def train_fn(model, loader, optimizer):
    model.train()
    total = 0
    for x, y in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(y)
    return total / len(loader.dataset)


def run():
    seed_everything()
    d = load_digits()
    x = torch.tensor(d.images).float()[:, None] / 16
    y = torch.tensor(d.target)
    train_loader = DataLoader(TensorDataset(x[:1500], y[:1500]), batch_size=50, shuffle=True)
    valid_loader = DataLoader(TensorDataset(x[1500:], y[1500:]), batch_size=50)
    model = DigitModel()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(6):
        seed_everything()  # mistake
        train_loss = train_fn(model, train_loader, optimizer)  # named here
        model.eval()
        with torch.no_grad():
            ok = sum((model(a).argmax(1) == b).sum().item() for a, b in valid_loader)
        print(f'epoch {epoch} train {train_loss:.4f} valid acc {ok / 297:.4f}')


run()
