"""An L1 term with factor 1: it is a thousand times the loss of the data."""
# expect: regularisation-dominates
import torch
from torch import nn

torch.manual_seed(0)
centres = torch.randn(6, 30)
net = nn.Sequential(nn.Linear(30, 80), nn.ReLU(), nn.Linear(80, 6))
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
l1_lambda = 1.0  # mistake
# sound: l1_lambda = 1e-4
for step in range(150):
    y = torch.randint(6, (64,))
    x = centres[y] + 0.5 * torch.randn(64, 30)
    loss = nn.functional.cross_entropy(net(x), y)
    l1 = sum(p.abs().sum() for p in net.parameters())
    loss = loss + l1_lambda * l1  # named here
    opt.zero_grad()
    loss.backward()
    opt.step()
print(loss.item())
