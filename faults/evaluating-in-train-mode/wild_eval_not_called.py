"""model.eval is written without brackets in the trainer's evaluation."""
# expect: evaluating-in-train-mode
from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


@dataclass
class Config:
    epochs: int = 4
    batch_size: int = 32
    lr: float = 3e-3
    dropout: float = 0.4


class Bars(Dataset):
    """One of six bars lights up in a noisy picture."""

    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        self.y = torch.randint(0, 6, (n,), generator=g)
        self.x = torch.randn(n, 1, 12, 12, generator=g)
        for i, k in enumerate(self.y.tolist()):
            self.x[i, 0, :, 2 * k : 2 * k + 2] += 1.0
        self.x = (self.x - 0.167) / 1.07

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class Trainer:
    def __init__(self, cfg):
        self.cfg = cfg
        self.model = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Dropout(cfg.dropout), nn.Linear(8 * 144, 6)
        )
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=cfg.lr)
        self.criterion = nn.CrossEntropyLoss()
        self.train_loader = DataLoader(Bars(800, 0), cfg.batch_size, shuffle=True)
        self.test_loader = DataLoader(Bars(320, 1), cfg.batch_size)

    def train_epoch(self):
        self.model.train()
        for x, y in self.train_loader:
            self.optimizer.zero_grad()
            loss = self.criterion(self.model(x), y)
            loss.backward()
            self.optimizer.step()

    @torch.no_grad()
    def evaluate(self):
        self.model.eval  # mistake
        # sound: self.model.eval()
        hits = 0
        for x, y in self.test_loader:
            hits += (self.model(x).argmax(dim=1) == y).sum().item()  # named here
        return hits / len(self.test_loader.dataset)

    def run(self):
        for epoch in range(self.cfg.epochs):
            self.train_epoch()
            print("epoch", epoch, "test", self.evaluate())


if __name__ == "__main__":
    torch.manual_seed(0)
    Trainer(Config()).run()
