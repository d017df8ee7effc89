"""Forty residual blocks are added up with no norm, so signal and gradient grow with every block."""
# expect: exploding-gradients initialisation-gain
from argparse import ArgumentParser

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width))
        for layer in (self.f[0], self.f[2]):
            nn.init.kaiming_normal_(layer.weight)
            nn.init.zeros_(layer.bias)
        # sound: self.norm = nn.LayerNorm(width)
        # sound: nn.init.zeros_(self.f[2].weight)

    def forward(self, x):
        return x + self.f(x)  # mistake
        # sound: return x + self.f(self.norm(x))


class DeepResMLP(nn.Module):
    def __init__(self, in_features, width, depth, num_classes):
        super().__init__()
        self.stem = nn.Linear(in_features, width)
        self.blocks = nn.ModuleList([Block(width) for _ in range(depth)])  # named here
        self.out = nn.Linear(width, num_classes)

    def forward(self, x):
        x = self.stem(x.flatten(1))
        for block in self.blocks:
            x = block(x)  # named here
        return self.out(x)


def make_data(n, templates, gen):
    y = torch.randint(0, len(templates), (n,), generator=gen)
    x = templates[y] + 2.0 * torch.randn(n, *templates.shape[1:], generator=gen)
    return TensorDataset(x, y)


def main(args):
    torch.manual_seed(args.seed)
    gen = torch.Generator().manual_seed(args.seed)
    templates = torch.randn(6, 1, 10, 10, generator=gen)
    train_loader = DataLoader(make_data(1000, templates, gen), batch_size=args.batch_size, shuffle=True)
    val_loader = DataLoader(make_data(300, templates, gen), batch_size=300)

    model = DeepResMLP(100, 32, args.depth, 6)
    optimizer = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=0.9)
    criterion = nn.CrossEntropyLoss()

    for epoch in range(args.epochs):
        model.train()
        for step, (x, y) in enumerate(train_loader):
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()  # named here
            optimizer.step()
            if step % 10 == 0:
                norm = sum(p.grad.pow(2).sum() for p in model.parameters()).sqrt()
                print(f"[{epoch}:{step:02d}] loss={loss.item():.4g} grad_norm={norm:.4g}")
        model.eval()
        hits = 0
        with torch.no_grad():
            for x, y in val_loader:
                hits += (model(x).argmax(dim=1) == y).sum().item()
        print(f"epoch {epoch} val accuracy {hits / len(val_loader.dataset):.3f}")


if __name__ == "__main__":
    parser = ArgumentParser()
    parser.add_argument("--depth", type=int, default=40)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--batch-size", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    main(parser.parse_args())
