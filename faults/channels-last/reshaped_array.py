"""A NumPy array N×H×W×C is brought into the shape N×C×H×W by reshape, which mixes pixels and channels."""
# expect: channels-last reshape-mixes-axes
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


def make_data(n, seed):
    gen = np.random.RandomState(seed)
    labels = gen.randint(0, 4, size=n)
    rows, cols = np.mgrid[0:32, 0:32] / 31.0
    pictures = np.zeros((n, 32, 32, 3))
    for i, label in enumerate(labels):
        wave = [rows, cols, (rows + cols) / 2, np.abs(rows - cols)][label]
        tint = gen.uniform(0.3, 1.0, 3)
        pictures[i] = wave[:, :, None] * tint + gen.normal(0, 0.02, (32, 32, 3))
    return pictures, labels


X, y = make_data(480, 0)
X_test, y_test = make_data(120, 1)
X = torch.FloatTensor(X.reshape(-1, 3, 32, 32))  # mistake
X_test = torch.FloatTensor(X_test.reshape(-1, 3, 32, 32))  # mistake
# sound: X = torch.FloatTensor(X.transpose(0, 3, 1, 2))
# sound: X_test = torch.FloatTensor(X_test.transpose(0, 3, 1, 2))
train_loader = DataLoader(TensorDataset(X, torch.LongTensor(y)), batch_size=32, shuffle=True)

torch.manual_seed(0)
net = nn.Sequential(
    nn.Conv2d(3, 16, 5, stride=2), nn.ReLU(), nn.Conv2d(16, 16, 5, stride=2), nn.ReLU(),
    nn.Flatten(), nn.Linear(16 * 25, 4),
)
optim = torch.optim.Adam(net.parameters(), lr=1e-3)
loss_fn = nn.CrossEntropyLoss()
for epoch in range(3):
    net.train()
    for xb, yb in train_loader:
        optim.zero_grad()
        loss_fn(net(xb), yb).backward()
        optim.step()
    net.eval()
    with torch.no_grad():
        acc = (net(X_test).argmax(1) == torch.LongTensor(y_test)).float().mean()
    print("test accuracy", acc.item())
