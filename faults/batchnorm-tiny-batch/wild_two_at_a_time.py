"""Batches of two (it ran out of memory once) with BatchNorm in every layer."""
# expect: batchnorm-tiny-batch
import argparse

import torch
import torch.nn as nn
import torch.nn.functional as F


def parse():
    p = argparse.ArgumentParser()
    p.add_argument("--batch-size", type=int, default=2)  # mistake
    # sound: p.add_argument("--batch-size", type=int, default=32)
    p.add_argument("--samples", type=int, default=640)
    p.add_argument("--epochs", type=int, default=2)
    p.add_argument("--lr", type=float, default=1e-3)
    return p.parse_args()


class CBR(nn.Module):
    def __init__(self, i, o, s=2):
        super().__init__()
        self.c = nn.Conv2d(i, o, 3, s, 1, bias=False)
        self.b = nn.BatchNorm2d(o)  # named here

    def forward(self, x):
        return F.relu(self.b(self.c(x)))  # named here


def build(classes):
    return nn.Sequential(
        CBR(3, 12),
        CBR(12, 24),
        nn.Flatten(),
        nn.Linear(24 * 9, 32, bias=False),
        nn.BatchNorm1d(32),  # named here
        nn.ReLU(),
        nn.Linear(32, classes),
    )


if __name__ == "__main__":
    args = parse()
    torch.manual_seed(0)
    proto = torch.randn(6, 3, 12, 12)
    y = torch.randint(6, (args.samples + 200,))
    x = 0.7 * proto[y] + 0.7 * torch.randn(len(y), 3, 12, 12)
    data = torch.utils.data.TensorDataset(x[: args.samples], y[: args.samples])
    loader = torch.utils.data.DataLoader(  # named here
        data, batch_size=args.batch_size, shuffle=True, drop_last=True
    )
    model = build(6)
    opt = torch.optim.Adam(model.parameters(), lr=args.lr)
    for epoch in range(args.epochs):
        model.train()
        mean = 0.0
        for xb, yb in loader:
            loss = F.cross_entropy(model(xb), yb)
            opt.zero_grad()
            loss.backward()
            opt.step()
            mean += loss.item() / len(loader)
        model.eval()
        with torch.no_grad():
            acc = (model(x[args.samples :]).argmax(1) == y[args.samples :]).float().mean().item()
        print(f"epoch {epoch} loss {mean:.3f} accuracy {acc:.3f}")
