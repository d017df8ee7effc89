"""Weight decay shrinks BatchNorm's scales and all biases, too."""
# expect: weight-decay-on-norm

import torch
from torch import nn

torch.manual_seed(0)
patterns = torch.randn(3, 1, 8, 8)
y = torch.randint(0, 3, (300,))
x = patterns[y] + torch.randn(300, 1, 8, 8)
net = nn.Sequential(nn.Conv2d(1, 8, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(288, 3))
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.05)  # mistake
# sound: wide = [p for p in net.parameters() if p.dim() > 1]
# sound: rest = [p for p in net.parameters() if p.dim() == 1]
# sound: optimizer = torch.optim.AdamW([{"params": wide, "weight_decay": 0.05}, {"params": rest, "weight_decay": 0}], lr=1e-3)
for epoch in range(3):
    for idx in torch.randperm(300).split(20):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x[idx]), y[idx])
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
