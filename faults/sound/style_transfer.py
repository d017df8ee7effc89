"""The picture is optimized, not the network, whose weights get gradients that nobody uses."""

import torch
from torch import nn

torch.manual_seed(0)
features = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.ReLU())
content = torch.rand(1, 3, 16, 16)
with torch.no_grad():
    goal = features(content)
picture = torch.rand(1, 3, 16, 16, requires_grad=True)
optimizer = torch.optim.Adam([picture], lr=0.05)
for step in range(60):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(features(picture), goal)
    loss.backward()
    optimizer.step()
    if step % 20 == 0:
        print(step, loss.item())
