"""No zero_grad anywhere: gradients are set to None by hand, or taken with autograd.grad."""
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
d = load_digits()
x = (torch.tensor(d.data, dtype=torch.float32) / 16 - 0.305) / 0.376
y = torch.tensor(d.target)
perm = torch.randperm(len(x))
train, test = perm[:1400], perm[1400:]

net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
params = list(net.parameters())
optimizer = torch.optim.SGD(params, lr=0.05, momentum=0.9)

for epoch in range(4):
    for idx in train[torch.randperm(1400)].split(50):
        for p in params:
            p.grad = None
        loss = F.cross_entropy(net(x[idx]), y[idx])
        loss.backward()
        optimizer.step()

for epoch in range(2):
    for idx in train[torch.randperm(1400)].split(50):
        loss = F.cross_entropy(net(x[idx]), y[idx])
        for p, g in zip(params, torch.autograd.grad(loss, params)):
            p.grad = g
        optimizer.step()

with torch.no_grad():
    print("accuracy", (net(x[test]).argmax(1) == y[test]).float().mean().item())
