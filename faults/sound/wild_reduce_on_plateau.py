"""ReduceLROnPlateau stepped with the validation loss, the best epoch kept by validation and tested once."""
import copy

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
d = load_digits()
images = (torch.tensor(d.images, dtype=torch.float32).unsqueeze(1) / 16 - 0.305) / 0.376
train_ds, val_ds, test_ds = random_split(TensorDataset(images, torch.tensor(d.target)), [1197, 300, 300])
train_loader = DataLoader(train_ds, batch_size=57, shuffle=True)
val_loader = DataLoader(val_ds, batch_size=128)
test_loader = DataLoader(test_ds, batch_size=128)

model = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.2), nn.Linear(256, 10)
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode="min", factor=0.5, patience=1)


def run(loader):
    model.eval()
    loss = right = n = 0
    with torch.no_grad():
        for x, y in loader:
            out = model(x)
            loss += criterion(out, y).item() * len(y)
            right += (out.argmax(1) == y).sum().item()
            n += len(y)
    return loss / n, right / n


best_loss, best_state = float("inf"), None
for epoch in range(6):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
    val_loss, val_acc = run(val_loader)
    scheduler.step(val_loss)
    if val_loss < best_loss:
        best_loss, best_state = val_loss, copy.deepcopy(model.state_dict())
    print(f"epoch {epoch} val loss {val_loss:.3f} acc {val_acc:.3f} lr {optimizer.param_groups[0]['lr']}")

model.load_state_dict(best_state)
print("test accuracy", run(test_loader)[1])
