"""Three percent of the parts are defect and plain cross-entropy treats all alike; nearly all are called good."""
# expect: class-imbalance
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
rng = np.random.default_rng(0)


def parts(n, share_defect):
    """Brushed metal; a defect is a faint scratch somewhere."""
    y = (rng.random(n) < share_defect).astype(np.int64)
    x = rng.normal(0, 1, (n, 1, 14, 14)).astype(np.float32)
    for i in np.flatnonzero(y):
        r, c = rng.integers(0, 6, 2)
        for k in range(8):
            x[i, 0, r + k, c + k] += 2.0
    return torch.from_numpy(x), torch.from_numpy(y)


x_train, y_train = parts(2000, 0.03)
x_val, y_val = parts(500, 0.2)
train_loader = DataLoader(TensorDataset(x_train, y_train), batch_size=50, shuffle=True)  # named here
val_loader = DataLoader(TensorDataset(x_val, y_val), batch_size=250)

model = nn.Sequential(
    nn.Conv2d(1, 8, 5), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(8, 2)
)
counts = torch.bincount(y_train, minlength=2)
print("good/defect in training:", counts.tolist())
criterion = nn.CrossEntropyLoss()  # mistake
# sound: criterion = nn.CrossEntropyLoss(weight=len(y_train) / (2.0 * counts.float()))
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)

for epoch in range(6):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)  # named here
        loss.backward()
        optimizer.step()
    model.eval()
    found = good = 0
    with torch.no_grad():
        for x, y in val_loader:
            pred = model(x).argmax(1)
            found += ((pred == 1) & (y == 1)).sum().item()
            good += ((pred == 0) & (y == 0)).sum().item()
    n1 = int(y_val.sum())
    print(f"epoch {epoch}: recall of defects {found / n1:.3f}, of good parts {good / (len(y_val) - n1):.3f}")
