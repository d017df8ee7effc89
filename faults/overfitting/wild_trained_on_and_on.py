"""Sixty epochs on 150 noisy pictures with nothing to hold the net back: training is perfect, validation gets worse."""
# expect: overfitting
import argparse
import copy

import torch
import torch.nn as nn


def get_args(argv=None):
    p = argparse.ArgumentParser()
    p.add_argument("--max-epochs", type=int, default=60)  # named here
    p.add_argument("--patience", type=int, default=2)
    p.add_argument("--lr", type=float, default=5e-4)
    return p.parse_args(argv)


class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(),
            nn.Flatten(), nn.Linear(16 * 100, 64), nn.ReLU(),
            nn.Linear(64, classes),
        )

    def forward(self, x):
        return self.net(x)


def draw(n, centres, gen):
    y = torch.randint(0, len(centres), (n,), generator=gen)
    return centres[y] + 3.0 * torch.randn(n, 1, 10, 10, generator=gen), y


def main():
    args = get_args()
    torch.manual_seed(0)
    gen = torch.Generator().manual_seed(8)
    centres = 0.8 * torch.randn(4, 1, 10, 10, generator=gen)
    x, y = draw(150, centres, gen)
    xv, yv = draw(300, centres, gen)

    model = Net(4)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    best, best_state, waited = float("inf"), None, 0
    for epoch in range(args.max_epochs):  # named here
        model.train()
        running = 0.0
        for idx in torch.randperm(len(x), generator=gen).split(30):
            optimizer.zero_grad()
            loss = criterion(model(x[idx]), y[idx])
            loss.backward()
            optimizer.step()
            running += loss.item() * len(idx)
        model.eval()
        with torch.no_grad():
            logits = model(xv)
            val = criterion(logits, yv).item()
        if epoch % 10 == 0 or epoch < 6:
            acc = (logits.argmax(1) == yv).float().mean().item()
            print(f"epoch {epoch} train {running / len(x):.4f} val {val:.4f} acc {acc:.3f}")
        if val < best:
            best, best_state, waited = val, copy.deepcopy(model.state_dict()), 0
        else:
            waited += 1
        # sound: if waited >= args.patience:
        # sound:     break
    # sound: model.load_state_dict(best_state)
    model.eval()
    with torch.no_grad():
        print("final validation loss", criterion(model(xv), yv).item())


if __name__ == "__main__":
    main()
