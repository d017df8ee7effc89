"""step, then zero_grad, at the end of the loop; several losses are summed before one backward; early stopping."""

import copy

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class EarlyStopping:
    def __init__(self, patience):
        self.patience, self.best_loss, self.bad, self.state = patience, float("inf"), 0, None

    def __call__(self, val_loss, model):
        if val_loss < self.best_loss:
            self.best_loss, self.bad, self.state = val_loss, 0, copy.deepcopy(model.state_dict())
        else:
            self.bad += 1
        return self.bad > self.patience


class TwoHeads(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 64), nn.ReLU())
        self.digit, self.odd = nn.Linear(64, 10), nn.Linear(64, 2)

    def forward(self, x):
        x = self.body(x)
        return self.digit(x), self.odd(x)


def loss_of(model, x, y):
    total_loss = 0
    for output, target in zip(model(x), (y, y % 2)):
        total_loss += nn.functional.cross_entropy(output, target)
    return total_loss


torch.manual_seed(0)
X, Y = load_digits(return_X_y=True)
X, Y = torch.tensor(X, dtype=torch.float32) / 16, torch.tensor(Y)
train_loader = DataLoader(TensorDataset(X[:1200], Y[:1200]), batch_size=50, shuffle=True)
val_loader = DataLoader(TensorDataset(X[1200:1500], Y[1200:1500]), batch_size=100)
test_loader = DataLoader(TensorDataset(X[1500:], Y[1500:]), batch_size=99)
model = TwoHeads()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=2)
stopping = EarlyStopping(patience=2)
for epoch in range(6):
    model.train()
    running_loss = 0.0
    for x, y in train_loader:
        loss = loss_of(model, x, y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        running_loss += loss.item() * len(x)
    model.eval()
    val_loss = 0
    with torch.no_grad():
        for x, y in val_loader:
            val_loss += loss_of(model, x, y)
    val_loss /= len(val_loader)
    scheduler.step(val_loss)
    print(epoch, running_loss / len(train_loader.dataset), val_loss.item())
    if stopping(val_loss.item(), model):
        break
model.load_state_dict(stopping.state)
with torch.no_grad():
    print("test", sum((model(x)[0].argmax(1) == y).sum().item() for x, y in test_loader) / 297)
