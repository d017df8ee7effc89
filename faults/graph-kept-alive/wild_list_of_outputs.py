"""Losses and outputs are collected in lists for the epoch's report without detach, graph and all."""
# expect: graph-kept-alive
import torch
import torch.nn.functional as F
from torch import nn


class Meter:
    def __init__(self):
        self.losses, self.outputs, self.targets = [], [], []

    def add(self, loss, output, target):
        self.losses.append(loss)  # mistake
        self.outputs.append(output)  # mistake
        # sound: self.losses.append(loss.detach())
        # sound: self.outputs.append(output.detach())
        self.targets.append(target)

    def report(self):
        predictions = torch.cat(self.outputs).argmax(dim=1)
        accuracy = (predictions == torch.cat(self.targets)).float().mean()
        return f"loss {torch.stack(self.losses).mean():.4f} train accuracy {accuracy:.4f}"


torch.manual_seed(0)
covers = torch.randn(5, 3, 12, 12)
y = torch.randint(5, (1200,))
x = (covers[y] + 1.5 * torch.randn(1200, 3, 12, 12)) / 1.8

net = nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(400, 5))
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
for epoch in range(4):
    meter = Meter()
    for idx in torch.randperm(960).split(32):
        output = net(x[idx])
        loss = F.cross_entropy(output, y[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
        meter.add(loss, output, y[idx])  # named here
    print(epoch, meter.report())
with torch.no_grad():
    print("test accuracy", (net(x[960:]).argmax(1) == y[960:]).float().mean().item())
