"""A class-based trainer with argparse: accumulated gradients, a checkpoint to go on from, EMA weights."""
import argparse
import copy
import pathlib
import tempfile

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Model(nn.Module):
    def __init__(self, classes=5):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc = nn.Linear(32 * 9, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc(x.flatten(1))


class Trainer:
    def __init__(self, args, folder):
        self.args, self.path = args, pathlib.Path(folder) / "last.pt"
        self.model = Model()
        self.ema = copy.deepcopy(self.model).requires_grad_(False)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=args.lr)
        self.scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(self.optimizer, patience=2)
        self.start = 0

    def load(self):
        if self.path.exists():
            state = torch.load(self.path)
            self.model.load_state_dict(state["model"])
            self.ema.load_state_dict(state["ema"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.start = state["epoch"] + 1
            print("goes on with epoch", self.start)

    def save(self, epoch):
        parts = {"model": self.model, "ema": self.ema, "optimizer": self.optimizer}
        torch.save({k: v.state_dict() for k, v in parts.items()} | {"epoch": epoch}, self.path)

    def train_epoch(self, loader):
        self.model.train()
        self.optimizer.zero_grad()
        for i, (x, y) in enumerate(loader):
            loss = F.cross_entropy(self.model(x), y)
            (loss / self.args.accumulate).backward()
            if (i + 1) % self.args.accumulate == 0:
                self.optimizer.step()
                self.optimizer.zero_grad()
                with torch.no_grad():
                    for e, p in zip(self.ema.parameters(), self.model.parameters()):
                        e.lerp_(p, 1 - self.args.ema)
        return loss.item()

    @torch.no_grad()
    def evaluate(self, net, loader):
        net.eval()
        loss = hits = n = 0
        for x, y in loader:
            out = net(x)
            loss += F.cross_entropy(out, y, reduction="sum").item()
            hits += (out.argmax(1) == y).sum().item()
            n += len(y)
        return loss / n, hits / n

    def fit(self, train_loader, val_loader, epochs):
        for epoch in range(self.start, epochs):
            loss = self.train_epoch(train_loader)
            val_loss, acc = self.evaluate(self.model, val_loader)
            _, ema_acc = self.evaluate(self.ema, val_loader)
            self.scheduler.step(val_loss)
            self.save(epoch)
            print(f"epoch {epoch}: loss {loss:.3f} val {val_loss:.3f} acc {acc:.3f} ema {ema_acc:.3f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--accumulate", type=int, default=2)
    parser.add_argument("--ema", type=float, default=0.9)
    args = parser.parse_args()
    torch.manual_seed(0)
    proto = torch.randn(5, 3, 12, 12)
    y = torch.randint(5, (1000,))
    x = 0.5 * proto[y] + torch.randn(1000, 3, 12, 12)
    train_loader = DataLoader(TensorDataset(x[:800], y[:800]), batch_size=20, shuffle=True)
    val_loader = DataLoader(TensorDataset(x[800:], y[800:]), batch_size=100)
    with tempfile.TemporaryDirectory() as folder:
        Trainer(args, folder).fit(train_loader, val_loader, epochs=2)
        second = Trainer(args, folder)
        second.load()
        second.fit(train_loader, val_loader, epochs=4)


if __name__ == "__main__":
    main()
