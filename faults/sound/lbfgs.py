"""LBFGS with a closure that clears, computes and goes backward, several times for each step."""

import torch
from torch import nn

torch.manual_seed(0)
x = torch.linspace(-1, 1, 60).unsqueeze(1)
y = x**3 - 0.5 * x
net = nn.Sequential(nn.Linear(1, 12), nn.Tanh(), nn.Linear(12, 1))
optimizer = torch.optim.LBFGS(net.parameters(), lr=0.5, max_iter=10)


def closure():
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(net(x), y)
    loss.backward()
    return loss


for epoch in range(10):
    print(epoch, optimizer.step(closure).item())
