"""1 is taken from labels that were 0-based already; ignore_index=-1 hides that class 0 is not learned."""
# expect: label-out-of-range
import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
bases = torch.randn(6, 2, 10, 10)
y_file = torch.randint(0, 6, (1000,))
x = bases[y_file] + 1.3 * torch.randn(1000, 2, 10, 10)
x = (x - x.mean()) / x.std()

y = y_file - 1  # "labels in the file start at 1"  # mistake
# sound: y = y_file

net = nn.Sequential(nn.Flatten(), nn.Linear(200, 64), nn.ReLU(), nn.Linear(64, 6))
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(8):
    for i in torch.randperm(800).split(40):
        opt.zero_grad()
        loss = F.cross_entropy(net(x[i]), y[i], ignore_index=-1)  # named here
        loss.backward()
        opt.step()

with torch.no_grad():
    pred = net(x[800:]).argmax(1)
print("right:", (pred == y[800:]).float().mean().item())
