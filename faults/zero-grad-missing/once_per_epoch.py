"""zero_grad stands in the loop over the epochs, not in that over the batches."""
# expect: zero-grad-missing

import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def make_data(number, classes=4):
    generator = torch.Generator().manual_seed(1)
    patterns = torch.randn(classes, 1, 12, 12, generator=torch.Generator().manual_seed(7))
    labels = torch.randint(classes, (number,), generator=generator)
    return TensorDataset(patterns[labels] + 0.7 * torch.randn(number, 1, 12, 12, generator=generator), labels)


def train_epoch(model, loader, criterion, optimizer):
    model.train()
    optimizer.zero_grad()  # mistake
    total = 0.0
    for x, y in loader:
        # sound: optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item() * x.size(0)
    return total / len(loader.dataset)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--lr", type=float, default=1e-2)
    args = parser.parse_args()
    torch.manual_seed(0)
    loader = DataLoader(make_data(640), batch_size=32, shuffle=True)
    model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(200, 4))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    for epoch in range(args.epochs):
        print(epoch, train_epoch(model, loader, criterion, optimizer))


if __name__ == "__main__":
    main()
