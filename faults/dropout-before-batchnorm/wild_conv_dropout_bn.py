"""Dropout2d sits right before BatchNorm2d: the running variance is that of dropped maps, eval sees others."""
# expect: dropout-before-batchnorm
import torch
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)


def block(i, o):
    return nn.Sequential(
        nn.Conv2d(i, o, 3, padding=1, bias=False),
        nn.Dropout2d(0.2),  # mistake
        nn.BatchNorm2d(o),  # named here
        nn.ReLU(),
        # sound: nn.Dropout2d(0.2),
    )


data = load_digits()
X = torch.tensor(data.images, dtype=torch.float32)[:, None]
X = (X - X.mean()) / X.std()
Y = torch.tensor(data.target)
train_dl = DataLoader(TensorDataset(X[:1400], Y[:1400]), batch_size=50, shuffle=True)
model = nn.Sequential(block(1, 32), block(32, 32), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(32 * 16, 10))
opt = optim.Adam(model.parameters(), lr=2e-3)
ce = nn.CrossEntropyLoss()
for epoch in range(3):
    model.train()
    for xb, yb in train_dl:
        opt.zero_grad()
        loss = ce(model(xb), yb)
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        val = (model(X[1400:]).argmax(1) == Y[1400:]).float().mean()
    print(f"epoch {epoch}, loss {loss.item():.3f}, accuracy {val.item():.3f}")
