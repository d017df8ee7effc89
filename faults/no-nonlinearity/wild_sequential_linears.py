"""Four Linear layers in a row, with dropout and BatchNorm between them but no activation."""
# expect: no-nonlinearity
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(123)

# two rings and a centre: not linearly separable
n = 1500
label = torch.randint(0, 3, (n,))
angle = 6.2832 * torch.rand(n)
radius = label + 0.15 * torch.randn(n)
X = torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)
train_ds, test_ds = TensorDataset(X[:1200], label[:1200]), TensorDataset(X[1200:], label[1200:])
train_dl = DataLoader(train_ds, batch_size=40, shuffle=True)
test_dl = DataLoader(test_ds, batch_size=300)

model = nn.Sequential(
    nn.Linear(2, 64),  # named here
    # sound: nn.ReLU(),
    nn.Dropout(0.1),
    nn.Linear(64, 64),  # mistake
    # sound: nn.Linear(64, 64, bias=False),
    nn.BatchNorm1d(64),
    # sound: nn.ReLU(),
    nn.Linear(64, 32),  # named here
    # sound: nn.ReLU(),
    nn.Linear(32, 3),  # named here
)

criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters(), lr=0.005)

for epoch in range(10):
    model.train()
    for xb, yb in train_dl:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hits = sum((model(xb).argmax(1) == yb).sum().item() for xb, yb in test_dl)
    print(f"Epoch {epoch + 1}: loss={loss.item():.4f} acc={hits / len(test_ds):.4f}")
