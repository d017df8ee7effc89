"""The linear scaling rule without its divisor: lr = 0.1 * batch_size instead of 0.1 * batch_size / 256."""
# expect: learning-rate-too-high exploding-gradients
import argparse

import torch
from torch import nn


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--base-lr", default=0.1, type=float)
    parser.add_argument("--batch-size", default=64, type=int)
    parser.add_argument("--momentum", default=0.9, type=float)
    parser.add_argument("--epochs", default=4, type=int)
    return parser.parse_args()


def make(n, protos):
    y = torch.randint(len(protos), (n,))
    x = protos[y] + 1.5 * torch.randn(n, *protos.shape[1:])
    return (x - x.mean()) / x.std(), y


def main(args):
    torch.manual_seed(0)
    protos = torch.randn(6, 3, 12, 12)
    x, y = make(960, protos)
    x_val, y_val = make(300, protos)
    model = nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(576, 6)
    )
    lr = args.base_lr * args.batch_size  # mistake
    # sound: lr = args.base_lr * args.batch_size / 256
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=args.momentum)  # named here
    criterion = nn.CrossEntropyLoss()
    for epoch in range(args.epochs):
        model.train()
        for idx in torch.randperm(len(x)).split(args.batch_size):
            loss = criterion(model(x[idx]), y[idx])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            acc = (model(x_val).argmax(1) == y_val).float().mean().item()
        print(f"epoch {epoch} lr {lr:g} loss {loss.item():.3f} val {acc:.3f}")


if __name__ == "__main__":
    main(parse())
