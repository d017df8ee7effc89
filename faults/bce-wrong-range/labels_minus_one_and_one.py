"""The two classes are called -1 and 1, which binary cross-entropy does not take."""
# expect: bce-wrong-range
import torch
from torch import nn

torch.manual_seed(3)
first, second = torch.randn(600, 8) + 0.7, torch.randn(600, 8) - 0.7
x = torch.cat([first, second])
y = torch.cat([torch.ones(600, 1), -torch.ones(600, 1)])  # mistake
# sound: y = torch.cat([torch.ones(600, 1), torch.zeros(600, 1)])
order = torch.randperm(1200)
x, y = x[order], y[order]

net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(5):
    for xb, yb in zip(x[:1000].split(50), y[:1000].split(50)):
        optimizer.zero_grad()
        loss = criterion(net(xb), yb)  # named here
        loss.backward()
        optimizer.step()
with torch.no_grad():
    print("right:", ((net(x[1000:]) > 0) == (y[1000:] > 0)).float().mean().item())
