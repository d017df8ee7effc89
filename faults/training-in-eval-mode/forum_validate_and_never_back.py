"""model.train() stands before the epoch loop, validate() switches to eval, nobody switches back."""
# expect: training-in-eval-mode
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)
dg = load_digits()
xs = torch.from_numpy(dg.images).float()[:, None] / 16
ys = torch.from_numpy(dg.target)
train_dl = DataLoader(TensorDataset(xs[:1440], ys[:1440]), batch_size=48, shuffle=True)
val_dl = DataLoader(TensorDataset(xs[1440:], ys[1440:]), batch_size=48)

model = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
    nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Dropout(0.4), nn.Linear(512, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)


def validate(model, loader):
    model.eval()  # named here
    correct, loss = 0, 0.
    with torch.no_grad():
        for x, y in loader:
            out = model(x)
            loss += criterion(out, y).item() * len(y)
            correct += (out.argmax(1) == y).sum().item()
    return loss / len(loader.dataset), correct / len(loader.dataset)


best = 0
model.train()  # mistake
for epoch in range(5):
    # sound: model.train()
    for x, y in train_dl:
        out = model(x)  # named here
        loss = criterion(out, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()  # named here
    vl, va = validate(model, val_dl)
    best = max(best, va)
    print(f'Epoch {epoch} | train {loss.item():.4f} | val {vl:.4f} | acc {va:.4f} | best {best:.4f}')
