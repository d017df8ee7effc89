"""Gradual unfreezing: the head first, then a group of the body is added to the same optimizer."""

import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(400, 10)
y = (x @ torch.randn(10, 3)).argmax(1)
body = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU())
head = nn.Linear(32, 3)
for p in body.parameters():
    p.requires_grad = False
optimizer = torch.optim.SGD(head.parameters(), lr=0.1)
for epoch in range(8):
    if epoch == 3:
        for p in body.parameters():
            p.requires_grad = True
        optimizer.add_param_group({"params": body.parameters(), "lr": 0.05})
    for idx in torch.randperm(400).split(25):
        loss = nn.functional.cross_entropy(head(body(x[idx])), y[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
