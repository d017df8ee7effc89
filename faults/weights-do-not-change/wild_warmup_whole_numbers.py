"""The warm-up factor is a whole-number division, so it is 0 for the whole run and the weights never move."""
# expect: weights-do-not-change scheduler-misused learning-rate-too-low
import dataclasses

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


@dataclasses.dataclass
class Config:
    lr: float = 2e-3
    warmup_steps: int = 200
    epochs: int = 6
    batch_size: int = 64
    seed: int = 17


class Trainer:
    def __init__(self, cfg, model, train_data, val_data):
        self.cfg = cfg
        self.model = model
        self.train_loader = DataLoader(train_data, cfg.batch_size, shuffle=True, drop_last=True)
        self.val_loader = DataLoader(val_data, cfg.batch_size)
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=cfg.lr)  # named here
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(self.optimizer, self.warmup)  # named here
        self.criterion = nn.CrossEntropyLoss()

    def warmup(self, step):
        return min(1, step // self.cfg.warmup_steps)  # mistake
        # sound: return min(1.0, (step + 1) / self.cfg.warmup_steps * 5)

    def fit(self):
        for epoch in range(self.cfg.epochs):
            self.model.train()
            for x, y in self.train_loader:
                self.optimizer.zero_grad()
                loss = self.criterion(self.model(x), y)
                loss.backward()
                self.optimizer.step()  # named here
                self.scheduler.step()  # named here
            print(f"epoch {epoch} loss {loss.item():.4f} acc {self.evaluate():.3f}")

    @torch.no_grad()
    def evaluate(self):
        self.model.eval()
        hits = total = 0
        for x, y in self.val_loader:
            hits += (self.model(x).argmax(-1) == y).sum().item()
            total += len(y)
        return hits / total


def toy_set(count, means):
    y = torch.randint(len(means), (count,))
    return TensorDataset(means[y] + torch.randn(count, *means.shape[1:]), y)


if __name__ == "__main__":
    cfg = Config()
    torch.manual_seed(cfg.seed)
    means = 0.6 * torch.randn(7, 3, 10, 10)
    net = nn.Sequential(
        nn.Conv2d(3, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(256, 64), nn.ReLU(), nn.Linear(64, 7)
    )
    Trainer(cfg, net, toy_set(1280, means), toy_set(320, means)).fit()
