"""The optimizer was given a copy of the network."""
# expect: weights-do-not-change not-in-optimizer
import copy

import torch
import torch.nn as nn
from sklearn.datasets import load_digits

torch.manual_seed(0)
d = load_digits()
x, y = torch.tensor(d.data / 16, dtype=torch.float32), torch.tensor(d.target)
net = nn.Sequential(nn.Linear(64, 40), nn.ReLU(), nn.Linear(40, 10))
optimizer = torch.optim.Adam(copy.deepcopy(net).parameters(), lr=1e-2)  # mistake
# sound: optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for epoch in range(3):
    for i in range(0, len(x), 128):
        out = net(x[i : i + 128])
        loss = nn.functional.cross_entropy(out, y[i : i + 128])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
