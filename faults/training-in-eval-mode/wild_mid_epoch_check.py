"""Every 10 batches a quick check switches to eval mode; train() is called at the start of the epoch only."""
# expect: training-in-eval-mode
import torch
from torch import nn


class ConvNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.block1 = nn.Sequential(nn.Conv2d(1, 12, 3, padding=1, bias=False), nn.BatchNorm2d(12), nn.ReLU())
        self.block2 = nn.Sequential(nn.Conv2d(12, 24, 3, stride=2, bias=False), nn.BatchNorm2d(24), nn.ReLU())
        self.drop = nn.Dropout(0.3)
        self.fc = nn.Linear(24 * 25, classes)

    def forward(self, x):
        return self.fc(self.drop(self.block2(self.block1(x)).flatten(1)))


class Experiment:
    check_every = 10

    def __init__(self):
        torch.manual_seed(0)
        letters = torch.randn(6, 1, 12, 12)
        y = torch.randint(6, (1200,))
        x = (letters[y] + 1.5 * torch.randn(1200, 1, 12, 12)) / 1.8
        self.train_data, self.val_data = (x[:960], y[:960]), (x[960:], y[960:])
        self.net = ConvNet(6)
        self.opt = torch.optim.Adam(self.net.parameters(), lr=1e-3)
        self.ce = nn.CrossEntropyLoss()

    def check(self):
        self.net.eval()  # named here
        x, y = self.val_data
        with torch.no_grad():
            acc = (self.net(x).argmax(1) == y).float().mean().item()
        # sound: self.net.train()
        return acc

    def run(self, epochs):
        for epoch in range(epochs):
            self.net.train()
            x, y = self.train_data
            for i, idx in enumerate(torch.randperm(len(x)).split(32)):
                self.opt.zero_grad()
                self.ce(self.net(x[idx]), y[idx]).backward()  # named here
                self.opt.step()
                if i % self.check_every == 0:
                    print(f"epoch {epoch} batch {i}: val acc {self.check():.3f}")
        print("final", self.check())


Experiment().run(3)
