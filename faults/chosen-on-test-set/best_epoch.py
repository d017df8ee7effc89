"""The best epoch is chosen by the test accuracy, which is then reported."""
# expect: chosen-on-test-set

import copy

import torch
from torch import nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


def accuracy(model, loader):
    model.eval()
    correct = sum((model(x).argmax(1) == y).sum().item() for x, y in loader)
    return correct / len(loader.dataset)


torch.manual_seed(0)
X, Y = load_digits(return_X_y=True)
X, Y = torch.tensor(X, dtype=torch.float32) / 16, torch.tensor(Y)
train_loader = DataLoader(TensorDataset(X[:1000], Y[:1000]), batch_size=50, shuffle=True)
val_loader = DataLoader(TensorDataset(X[1000:1400], Y[1000:1400]), batch_size=100)
test_loader = DataLoader(TensorDataset(X[1400:], Y[1400:]), batch_size=100)
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
best_acc, best_weights = 0.0, None
for epoch in range(6):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    with torch.no_grad():
        acc = accuracy(model, test_loader)  # mistake
        # sound: acc = accuracy(model, val_loader)
    print(epoch, acc)
    if acc > best_acc:  # named here
        best_acc = acc
        best_weights = copy.deepcopy(model.state_dict())
model.load_state_dict(best_weights)
with torch.no_grad():
    print("test accuracy", accuracy(model, test_loader))
