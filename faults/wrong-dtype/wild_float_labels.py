"""The class numbers were read together with the pixels as float32 and go to cross-entropy as floats."""
# expect: wrong-dtype
import io

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn, optim

# a csv such as kaggle gives: label first, then the pixels
digits = load_digits()
table = np.column_stack([digits.target, digits.data])
csv = io.StringIO()
np.savetxt(csv, table, delimiter=",", fmt="%d")
csv.seek(0)

data = np.loadtxt(csv, delimiter=",", dtype=np.float32)
np.random.seed(0)
np.random.shuffle(data)
labels = torch.from_numpy(data[:, 0])  # mistake
# sound: labels = torch.from_numpy(data[:, 0]).long()
pixels = torch.from_numpy(data[:, 1:]) / 16.0
pixels = (pixels - pixels[:1400].mean()) / pixels[:1400].std()

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Dropout(0.2), nn.Linear(100, 10))
optimizer = optim.SGD(net.parameters(), lr=0.1, momentum=0.9)

for epoch in range(10):
    net.train()
    order = torch.randperm(1400)
    for k in range(0, 1400, 50):
        batch = order[k : k + 50]
        optimizer.zero_grad()
        loss = F.cross_entropy(net(pixels[batch]), labels[batch])  # named here
        loss.backward()
        optimizer.step()

net.eval()
with torch.no_grad():
    predicted = net(pixels[1400:]).argmax(dim=1)
print("held-out accuracy", (predicted == labels[1400:]).float().mean().item())
