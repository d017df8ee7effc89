"""As many samples as classes in a batch: argmax over the wrong axis goes unnoticed."""
# expect: wrong-dim wrong-metric
import torch
from torch import nn
from sklearn.datasets import load_digits

torch.manual_seed(6)
digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).flatten(1) / 16 - 0.3
y = torch.tensor(digits.target)
shuffled = torch.randperm(len(x))
x, y = x[shuffled], y[shuffled]
net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)


def accuracy(start, stop):
    net.eval()
    correct = 0
    with torch.no_grad():
        for xb, yb in zip(x[start:stop].split(10), y[start:stop].split(10)):
            predicted = torch.max(net(xb), 0)[1]  # mistake
            # sound: predicted = torch.max(net(xb), 1)[1]
            correct += (predicted == yb).sum().item()
    return correct / (stop - start)


for epoch in range(3):
    net.train()
    for xb, yb in zip(x[:1200].split(10), y[:1200].split(10)):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(xb), yb).backward()
        optimizer.step()
    print("epoch", epoch, "accuracy", accuracy(1200, 1500))
