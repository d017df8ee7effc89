"""ReduceLROnPlateau waits for the accuracy to fall."""
# expect: scheduler-misused

import torch
from torch import nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
X = torch.tensor(digits.data, dtype=torch.float32) / 16
Y = torch.tensor(digits.target)
train_loader = DataLoader(TensorDataset(X[:1400], Y[:1400]), 50, shuffle=True)
val_loader = DataLoader(TensorDataset(X[1400:], Y[1400:]), 397)
net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.1, patience=1)  # mistake
# sound: scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode="max", factor=0.1, patience=1)


def validate():
    net.eval()
    with torch.no_grad():
        return sum((net(x).argmax(1) == y).sum().item() for x, y in val_loader) / len(val_loader.dataset)


for epoch in range(8):
    net.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    val_acc = validate()
    scheduler.step(val_acc)
    print(epoch, val_acc, optimizer.param_groups[0]["lr"])
