"""Arrays of (N, 32, 32, 3) are only reshaped to (N, 3, 32, 32): colours and places are mixed up."""
# expect: channels-last reshape-mixes-axes
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


def read_batch(n, seed):
    """What an .npz of a colour dataset would give: uint8 pictures (n, 32, 32, 3) and labels."""
    rng = np.random.RandomState(seed)
    y = rng.randint(0, 4, n)
    x = rng.normal(110, 45, (n, 32, 32, 3))
    for i, c in enumerate(y):
        r, s = rng.randint(0, 20, 2)
        x[i, r : r + 10, s : s + 10, c % 3] += 90 if c < 3 else 0
        if c == 3:
            x[i, r : r + 10, s : s + 10] += 60
    return np.clip(x, 0, 255).astype(np.uint8), y.astype(np.int64)


x_train, y_train = read_batch(800, 0)
x_test, y_test = read_batch(200, 1)

X_train = torch.tensor(x_train, dtype=torch.float32).reshape(-1, 3, 32, 32) / 255  # mistake
# sound: X_train = torch.tensor(x_train, dtype=torch.float32).permute(0, 3, 1, 2) / 255
X_test = torch.tensor(x_test, dtype=torch.float32).reshape(-1, 3, 32, 32) / 255  # mistake
# sound: X_test = torch.tensor(x_test, dtype=torch.float32).permute(0, 3, 1, 2) / 255

torch.manual_seed(0)
train_loader = DataLoader(TensorDataset(X_train, torch.from_numpy(y_train)), batch_size=40, shuffle=True)
test_loader = DataLoader(TensorDataset(X_test, torch.from_numpy(y_test)), batch_size=100, shuffle=False)


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 12, 3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(12, 24, 3, stride=2, padding=1)
        self.fc = nn.Linear(24 * 8 * 8, 4)

    def forward(self, x):
        x = F.relu(self.conv1(x))  # named here
        x = F.relu(self.conv2(x))
        return self.fc(torch.flatten(x, 1))


model = CNN()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(6):
    model.train()
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(xb), yb)  # named here
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        ok = sum((model(xb).argmax(1) == yb).sum().item() for xb, yb in test_loader)
    print(f"epoch {epoch + 1}  loss {loss.item():.3f}  test accuracy {ok / len(y_test):.3f}")
