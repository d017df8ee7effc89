"""Gradients are clipped while they are still multiplied by the scaler's factor."""
# expect: amp-misused

import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_


def train(model, optimizer, scaler, batches):
    for x, y in batches:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device_type="cpu", dtype=torch.bfloat16):
            loss = nn.functional.cross_entropy(model(x), y)
        scaler.scale(loss).backward()
        # sound: scaler.unscale_(optimizer)
        clip_grad_norm_(model.parameters(), max_norm=1.0)  # named here
        scaler.step(optimizer)
        scaler.update()
    return loss.item()


torch.manual_seed(0)
x = torch.randn(20, 32, 10)
y = (x.sum(2) > 0).long()
model = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scaler = torch.amp.GradScaler("cpu")
for epoch in range(4):
    print(epoch, train(model, optimizer, scaler, list(zip(x, y))))
