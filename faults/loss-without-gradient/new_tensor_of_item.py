"""The loss's number is put into a new tensor that is told to want a gradient."""
# expect: loss-without-gradient graph-cut
import torch
from torch import nn

torch.manual_seed(16)
heart = torch.randn(3, 12)
y = torch.randint(3, (600,))
x = heart[y] + 0.8 * torch.randn(600, 12)
net = nn.Sequential(nn.Linear(12, 24), nn.ReLU(), nn.Linear(24, 3))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for epoch in range(5):
    for i in torch.randperm(500).split(25):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x[i]), y[i])
        loss = torch.tensor(loss.item(), requires_grad=True)  # mistake
        loss.backward()  # named here
        optimizer.step()
    print(epoch, loss.item())
with torch.no_grad():
    print("accuracy", (net(x[500:]).argmax(1) == y[500:]).float().mean().item())
