"""The backbone's weights are frozen, but model.train() lets its BatchNorm statistics drift."""
# expect: wrong-layers-frozen
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(), nn.AdaptiveAvgPool2d(2),
        )

    def forward(self, x):
        return self.body(x).flatten(1)


class TransferNet(nn.Module):
    def __init__(self, backbone, classes):
        super().__init__()
        self.backbone = backbone
        self.fc = nn.Linear(128, classes)

    def forward(self, x):
        return self.fc(self.backbone(x))


def dataset(classes, n, seed):
    g = torch.Generator().manual_seed(seed)
    base = torch.randn(classes, 3, 12, 12, generator=g)
    y = torch.randint(classes, (n,), generator=g)
    x = base[y] + 0.8 * torch.randn(n, 3, 12, 12, generator=g)
    return (x - x.mean()) / x.std(), y


def train_epoch(model, loader, optimizer, criterion):
    model.train()  # named here
    # sound: model.backbone.train(model.backbone.body[0].weight.requires_grad)
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()


def evaluate(model, x, y):
    model.eval()
    with torch.no_grad():
        return (model(x).argmax(1) == y).float().mean().item()


def main():
    torch.manual_seed(0)
    criterion = nn.CrossEntropyLoss()

    x, y = dataset(10, 800, seed=1)
    model = TransferNet(Backbone(), 10)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(3):
        train_epoch(model, DataLoader(TensorDataset(x, y), 32, shuffle=True), optimizer, criterion)

    for p in model.backbone.parameters():
        p.requires_grad = False  # named here
    model.fc = nn.Linear(128, 4)
    x, y = dataset(4, 500, seed=2)
    optimizer = torch.optim.Adam(model.fc.parameters(), lr=5e-3)
    for epoch in range(5):
        train_epoch(model, DataLoader(TensorDataset(x[:320], y[:320]), 32, shuffle=True), optimizer, criterion)
        print("epoch", epoch, "accuracy", evaluate(model, x[320:], y[320:]))


main()
