"""Early stopping watches the test loader, and the checkpoint it keeps is reported on the same pictures."""
# expect: chosen-on-test-set
import os
import tempfile

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class EarlyStopping:
    def __init__(self, path, patience=2):
        self.path, self.patience = path, patience
        self.best, self.bad = float("inf"), 0

    def __call__(self, loss, model):
        if loss < self.best:
            self.best, self.bad = loss, 0
            torch.save(model.state_dict(), self.path)  # named here
        else:
            self.bad += 1
        return self.bad >= self.patience


class Experiment:
    def __init__(self, folder):
        torch.manual_seed(0)
        means = torch.randn(5, 3, 8, 8)
        y = torch.randint(5, (1400,))
        full = TensorDataset(0.45 * means[y] + torch.randn(1400, 3, 8, 8), y)
        self.train_set, self.val_set, self.test_set = random_split(full, [1000, 200, 200])
        self.model = nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 5))
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=2e-3)
        self.criterion = nn.CrossEntropyLoss()
        self.path = os.path.join(folder, "best.pt")
        self.stopper = EarlyStopping(self.path)

    def train_epoch(self):
        self.model.train()
        for x, y in DataLoader(self.train_set, batch_size=40, shuffle=True):
            self.optimizer.zero_grad()
            loss = self.criterion(self.model(x), y)
            loss.backward()
            self.optimizer.step()
        return loss.item()

    @torch.no_grad()
    def evaluate(self, dataset):
        self.model.eval()
        loss = hits = 0.0
        for x, y in DataLoader(dataset, batch_size=100):
            out = self.model(x)
            loss += self.criterion(out, y).item() * len(y)
            hits += (out.argmax(1) == y).sum().item()
        return loss / len(dataset), hits / len(dataset)

    def run(self, max_epochs=8):
        for epoch in range(max_epochs):
            train_loss = self.train_epoch()
            loss, acc = self.evaluate(self.test_set)  # mistake
            # sound: loss, acc = self.evaluate(self.val_set)
            print(f"epoch {epoch}: train {train_loss:.3f} held-out {loss:.3f} acc {acc:.3f}")
            if self.stopper(loss, self.model):  # named here
                break
        self.model.load_state_dict(torch.load(self.path))
        print("TEST accuracy %.3f" % self.evaluate(self.test_set)[1])  # named here


with tempfile.TemporaryDirectory() as folder:
    Experiment(folder).run()
