"""The checkpoint is a dict with epoch, state_dict and optimizer; all of it is loaded with strict=False."""
# expect: weights-not-loaded
import tempfile
from pathlib import Path

import torch
from torch import nn


class Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 32, 3, stride=2, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(32)
        self.act = nn.ReLU()

    def forward(self, x):
        x = self.act(self.bn1(self.conv1(x)))
        x = self.act(self.bn2(self.conv2(x)))
        return x.mean(dim=(2, 3))


class Net(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.backbone = Backbone()
        self.head = nn.Linear(32, n)

    def forward(self, x):
        return self.head(self.backbone(x))


def make_task(n_classes, n):
    stamps = torch.randn(n_classes, 3, 4, 4).repeat(1, 1, 4, 4)
    y = torch.randint(n_classes, (n,))
    x = stamps[y] + 0.8 * torch.randn(n, 3, 16, 16)
    return x / x.std(), y


def epochs(net, opt, x, y, n):
    for _ in range(n):
        net.train()
        for i in torch.randperm(len(x)).split(32):
            loss = nn.functional.cross_entropy(net(x[i]), y[i])
            opt.zero_grad()
            loss.backward()
            opt.step()


def accuracy(net, x, y):
    net.eval()
    with torch.inference_mode():
        return (net(x).argmax(1) == y).float().mean().item()


if __name__ == "__main__":
    torch.manual_seed(0)
    x, y = make_task(8, 1000)
    with tempfile.TemporaryDirectory() as tmp:
        file = Path(tmp) / "last.ckpt"
        net = Net(8)
        opt = torch.optim.Adam(net.parameters(), lr=3e-3)
        epochs(net, opt, x[:800], y[:800], 3)
        torch.save({"epoch": 3, "state_dict": net.state_dict(), "optimizer": opt.state_dict()}, file)

        resumed = Net(8)
        checkpoint = torch.load(file)
        resumed.load_state_dict(checkpoint, strict=False)  # mistake
        # sound: resumed.load_state_dict(checkpoint["state_dict"])
        print("resumed at epoch", checkpoint["epoch"], "accuracy", accuracy(resumed, x[800:], y[800:]))
