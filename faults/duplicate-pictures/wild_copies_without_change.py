"""The flipped copies are computed and thrown away: the set is doubled with exact duplicates of every picture."""
# expect: duplicate-pictures
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)


def leaves(n):
    """Pictures of three leaf shapes; mirrored leaves are still the same kind."""
    kind = torch.randint(3, (n,))
    grid = torch.linspace(-1, 1, 14)
    a, b = grid[None, :, None], grid[None, None, :]
    widths = torch.tensor([[0.3, 0.9], [0.9, 0.3], [0.55, 0.55]])[kind]
    inside = (a / widths[:, :1, None]) ** 2 + (b / widths[:, 1:, None]) ** 2 < 1
    return (inside.float() + 0.7 * torch.randn(n, 14, 14)).unsqueeze(1), kind


def double(x, y):
    flipped = x.clone()
    for i in range(len(flipped)):
        flipped[i].flip(-1)  # mistake
        # sound: flipped[i] = x[i].flip(-1)
    return torch.cat([x, flipped]), torch.cat([y, y])  # named here


x_train, y_train = leaves(500)
x_test, y_test = leaves(200)
x_train, y_train = double(x_train, y_train)  # named here
loader = DataLoader(TensorDataset(x_train, y_train), batch_size=50, shuffle=True)  # named here
net = nn.Sequential(nn.Conv2d(1, 8, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(200, 3))
loss_fn = nn.CrossEntropyLoss()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(4):
    net.train()
    for xb, yb in loader:
        opt.zero_grad()
        loss = loss_fn(net(xb), yb)
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        acc = (net(x_test).argmax(1) == y_test).float().mean().item()
    print(f"epoch {epoch}: loss {loss.item():.3f} test accuracy {acc:.3f}")
