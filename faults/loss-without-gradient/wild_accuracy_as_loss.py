"""1 - accuracy is used as the loss; requires_grad was set by hand because backward complained."""
# expect: loss-without-gradient graph-cut
import torch
from sklearn.datasets import load_digits
from torch import nn, optim

torch.manual_seed(0)
digits = load_digits()
X = torch.tensor(digits.data, dtype=torch.float32)
X = (X - X.mean()) / X.std()
Y = torch.tensor(digits.target)
perm = torch.randperm(len(X))
X, Y = X[perm], Y[perm]

net = nn.Sequential(nn.Linear(64, 50), nn.ReLU(), nn.Linear(50, 10))
optimizer = optim.Adam(net.parameters(), lr=0.005)

for epoch in range(6):
    for ids in torch.randperm(1400).split(70):
        optimizer.zero_grad()
        output = net(X[ids])
        loss = 1 - (output.argmax(dim=1) == Y[ids]).float().mean()  # mistake
        loss.requires_grad_(True)  # mistake
        # sound: loss = nn.functional.cross_entropy(output, Y[ids])
        loss.backward()  # named here
        optimizer.step()
    print(epoch, loss.item())

with torch.no_grad():
    print("test accuracy", (net(X[1400:]).argmax(1) == Y[1400:]).float().mean().item())
