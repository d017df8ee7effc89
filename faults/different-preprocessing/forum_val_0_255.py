"""Scaled X_train by 255 and forgot X_val. Validation loss is in the hundreds."""
# expect: different-preprocessing
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

rng = np.random.RandomState(7)
stamp = rng.randint(0, 2, (6, 1, 14, 14)) * 110 + 60


def make(n):
    y = rng.randint(0, 6, n)
    return np.clip(stamp[y] + rng.normal(0, 70, (n, 1, 14, 14)), 0, 255).astype(np.uint8), y


X_train, y_train = make(700)
X_val, y_val = make(200)
X_train = X_train.astype(np.float32) / 255.0
X_val = X_val.astype(np.float32)  # mistake
# sound: X_val = X_val.astype(np.float32) / 255.0

train_ds = TensorDataset(torch.from_numpy(X_train), torch.from_numpy(y_train))
val_ds = TensorDataset(torch.from_numpy(X_val), torch.from_numpy(y_val))
train_dl = DataLoader(train_ds, batch_size=35, shuffle=True)
val_dl = DataLoader(val_ds, batch_size=50)  # named here


class SmallNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(16 * 49, 64), nn.ReLU(), nn.Linear(64, 6))

    def forward(self, x):
        return self.net(x)


torch.manual_seed(0)
model = SmallNet()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-4)
for epoch in range(4):
    model.train()
    train_loss = 0
    for x, y in train_dl:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        train_loss += loss.item() * len(x)
    model.eval()
    val_loss, good = 0, 0
    with torch.no_grad():
        for x, y in val_dl:
            out = model(x)  # named here
            val_loss += criterion(out, y).item() * len(x)
            good += (out.argmax(1) == y).sum().item()
    print(f'epoch {epoch} train {train_loss / 700:.3f} val {val_loss / 200:.3f} acc {good / 200:.3f}')
