"""SmoothL1 between a single score and the class number, because 'it is robust to outliers'."""
# expect: regression-loss-on-classes
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset


class Fruit(Dataset):
    """Small colour pictures; the class is the fruit's hue."""

    names = ["apple", "lime", "plum", "orange"]
    hues = torch.tensor([[0.8, 0.2, 0.2], [0.3, 0.8, 0.2], [0.5, 0.2, 0.6], [0.9, 0.6, 0.1]])

    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        self.y = torch.randint(4, (n,), generator=g)
        noise = 0.25 * torch.randn(n, 3, 8, 8, generator=g)
        self.x = (self.hues[self.y][:, :, None, None] + noise - 0.45) / 0.35

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class Trainer:
    def __init__(self, epochs=6):
        self.epochs = epochs
        self.net = nn.Sequential(
            nn.Conv2d(3, 8, 3),
            nn.ReLU(),
            nn.Conv2d(8, 8, 3),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(8 * 16, 1),  # mistake
            # sound: nn.Linear(8 * 16, 4),
        )
        self.optim = optim.Adam(self.net.parameters(), lr=3e-3)
        self.criterion = nn.SmoothL1Loss()  # mistake
        # sound: self.criterion = nn.CrossEntropyLoss()

    def step(self, x, y):
        self.optim.zero_grad()
        y_hat = self.net(x)
        loss = self.criterion(y_hat.view(-1), y.to(torch.float32))  # mistake
        # sound: loss = self.criterion(y_hat, y)
        loss.backward()
        self.optim.step()

    def fit(self, loader):
        for _ in range(self.epochs):
            for x, y in loader:
                self.step(x, y)

    def test(self, loader):
        hits = total = 0
        with torch.no_grad():
            for x, y in loader:
                guess = self.net(x).view(-1).round().clamp(0, 3).long()  # mistake
                # sound: guess = self.net(x).argmax(1)
                hits += (guess == y).sum().item()
                total += len(y)
        return hits / total


torch.manual_seed(0)
trainer = Trainer()
trainer.fit(DataLoader(Fruit(800, 1), batch_size=32, shuffle=True))
print("test accuracy", trainer.test(DataLoader(Fruit(200, 2), batch_size=50)))
