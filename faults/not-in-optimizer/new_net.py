"""The net is copied after the optimizer was made, and the copy is trained."""
# expect: not-in-optimizer
# also: step-order weights-do-not-change

import copy

import torch
from torch import nn


def build():
    return nn.Sequential(nn.Linear(12, 24), nn.ReLU(), nn.Dropout(0.1), nn.Linear(24, 3))


def main():
    torch.manual_seed(0)
    w = torch.randn(12, 3)
    x = torch.randn(300, 12)
    y = (x @ w).argmax(dim=1)
    base = build()
    # sound: base = copy.deepcopy(base)
    optimizer = torch.optim.Adam(base.parameters(), lr=1e-2)  # named here
    model = copy.deepcopy(base)  # mistake
    # sound: model = base
    model.train()
    for step in range(60):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    print("loss", loss.item())


main()
