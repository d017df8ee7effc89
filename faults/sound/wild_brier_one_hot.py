"""MSE between the softmax and one-hot targets (the Brier score) is a sound loss for classes."""
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn, optim

torch.manual_seed(0)
digits = load_digits()
x = (torch.tensor(digits.data, dtype=torch.float32) / 16 - 0.305) / 0.376
y = torch.tensor(digits.target)
order = torch.randperm(len(x))
x, y = x[order], y[order]
one_hot = F.one_hot(y, 10).float()

net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10), nn.Softmax(dim=1))
optimizer = optim.Adam(net.parameters(), lr=3e-3)
brier = nn.MSELoss()
for epoch in range(10):
    for idx in torch.randperm(1400).split(40):
        optimizer.zero_grad()
        loss = brier(net(x[idx]), one_hot[idx])
        loss.backward()
        optimizer.step()
with torch.no_grad():
    print("accuracy", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
