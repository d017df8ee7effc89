"""A learning-rate range test on a copy, where the loss blows up on purpose; then a sound training."""
import copy
import math

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
protos = torch.randn(6, 3, 10, 10)
y = torch.randint(6, (1000,))
x = (protos[y] + torch.randn(1000, 3, 10, 10)) / 2**0.5


def find_lr(net, low=1e-5, high=10.0, steps=60):
    net = copy.deepcopy(net)
    optimizer = torch.optim.SGD(net.parameters(), lr=low, momentum=0.9)
    smooth, best, rates, losses = None, math.inf, [], []
    for step in range(steps):
        lr = low * (high / low) ** (step / (steps - 1))
        optimizer.param_groups[0]["lr"] = lr
        idx = torch.randint(800, (32,))
        loss = F.cross_entropy(net(x[idx]), y[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        smooth = loss.item() if smooth is None else 0.7 * smooth + 0.3 * loss.item()
        best = min(best, smooth)
        rates.append(lr)
        losses.append(smooth)
        if smooth > 4 * best:
            break
    return rates[losses.index(min(losses))] / 10


model = nn.Sequential(nn.Flatten(), nn.Linear(300, 64), nn.ReLU(), nn.Linear(64, 6))
lr = find_lr(model)
print(f"learning rate {lr:.2e}")
optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
for epoch in range(5):
    for idx in torch.randperm(800).split(32):
        optimizer.zero_grad()
        F.cross_entropy(model(x[idx]), y[idx]).backward()
        optimizer.step()
with torch.no_grad():
    print("accuracy", (model(x[800:]).argmax(1) == y[800:]).float().mean().item())
