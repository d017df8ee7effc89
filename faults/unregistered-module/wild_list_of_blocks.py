"""The residual blocks stand in a plain list, so the optimizer never hears of them."""
# expect: unregistered-module
import torch
import torch.nn as nn
from sklearn.datasets import load_digits


class Residual(nn.Module):
    def __init__(self, ch):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(ch, ch, 3, padding=1), nn.ReLU(), nn.Conv2d(ch, ch, 3, padding=1))

    def forward(self, x):
        return torch.relu(x + self.body(x))


class ResNet(nn.Module):
    def __init__(self, n_blocks=3, ch=16):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, ch, 3, stride=2, padding=1), nn.ReLU())
        self.blocks = [Residual(ch) for _ in range(n_blocks)]  # mistake
        # sound: self.blocks = nn.ModuleList(Residual(ch) for _ in range(n_blocks))
        self.head = nn.Linear(ch * 16, 10)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)  # named here
        return self.head(x.flatten(1))


def accuracy(model, x, y):
    with torch.no_grad():
        return (model(x).argmax(1) == y).float().mean().item()


if __name__ == "__main__":
    torch.manual_seed(0)
    bunch = load_digits()
    x = (torch.tensor(bunch.images, dtype=torch.float32)[:, None] - 4.88) / 6.02
    y = torch.tensor(bunch.target)
    model = ResNet()
    print("parameters:", sum(p.numel() for p in model.parameters()))
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)  # named here
    criterion = nn.CrossEntropyLoss()
    for epoch in range(4):
        for i in torch.randperm(1500).split(60):
            loss = criterion(model(x[i]), y[i])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch} loss {loss.item():.4f} acc {accuracy(model, x[1500:], y[1500:]):.4f}")
