"""step comes before backward, and the gradients that backward makes are cleared before the next step."""
# expect: step-order
import argparse

import torch
from torch import nn


def get_args():
    p = argparse.ArgumentParser(description="classify textures")
    p.add_argument("--epochs", type=int, default=4)
    p.add_argument("--batch-size", type=int, default=40)
    p.add_argument("--lr", type=float, default=2e-3)
    p.add_argument("--seed", type=int, default=0)
    return p.parse_args()


class TextureNet(nn.Module):
    def __init__(self, n_classes):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 16, 5, padding=2), nn.LeakyReLU(0.1), nn.MaxPool2d(2), nn.Conv2d(16, 16, 3), nn.LeakyReLU(0.1)
        )
        self.classifier = nn.Linear(16 * 16, n_classes)

    def forward(self, x):
        return self.classifier(self.encoder(x).flatten(1))


def run_epoch(model, x, y, criterion, optimizer, batch_size):
    model.train()
    for idx in torch.randperm(len(x)).split(batch_size):
        optimizer.zero_grad()
        loss = criterion(model(x[idx]), y[idx])
        optimizer.step()  # mistake
        loss.backward()  # named here
        # sound: optimizer.step()
    return loss.item()


def main():
    args = get_args()
    torch.manual_seed(args.seed)
    swatches = torch.randn(5, 1, 12, 12)
    y = torch.randint(5, (1000,))
    x = (swatches[y] + torch.randn(1000, 1, 12, 12)) / 2**0.5
    model = TextureNet(5)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    for epoch in range(args.epochs):
        loss = run_epoch(model, x[:800], y[:800], nn.CrossEntropyLoss(), optimizer, args.batch_size)
        model.eval()
        with torch.no_grad():
            acc = (model(x[800:]).argmax(1) == y[800:]).float().mean().item()
        print(f"epoch {epoch} loss {loss:.3f} acc {acc:.3f}")


if __name__ == "__main__":
    main()
