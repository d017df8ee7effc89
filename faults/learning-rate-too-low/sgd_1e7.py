"""A learning rate of 1e-7, typed with one zero too many (or five)."""
# expect: learning-rate-too-low
import argparse

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--lr", type=float, default=1e-7)  # mistake
    # sound: p.add_argument("--lr", type=float, default=0.1)
    p.add_argument("--epochs", type=int, default=4)
    args = p.parse_args()
    torch.manual_seed(0)
    d = load_digits()
    x, y = torch.tensor(d.data, dtype=torch.float32) / 16, torch.tensor(d.target)
    net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = torch.optim.SGD(net.parameters(), lr=args.lr, momentum=0.9)  # named here
    for epoch in range(args.epochs):
        order = torch.randperm(len(x))
        for idx in order.split(64):
            loss = F.cross_entropy(net(x[idx]), y[idx])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
