"""F.max_pool2d(x, 2, stride=4): half of the rows and columns are dropped between the windows."""
# expect: stride-skips-pixels
import argparse

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset


class Stripes(Dataset):
    """Pictures with stripes; the class is the direction of the stripes."""

    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        self.y = torch.randint(4, (n,), generator=g)
        angle = self.y.float() * torch.pi / 4
        r, c = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
        phase = 6.28 * torch.rand(n, 1, 1, generator=g)
        wave = torch.sin(angle.sin().view(-1, 1, 1) * r + angle.cos().view(-1, 1, 1) * c + phase)
        self.x = (wave + 0.7 * torch.randn(n, 32, 32, generator=g)).unsqueeze(1)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 12, 5, padding=2)
        self.conv2 = nn.Conv2d(12, 24, 3, padding=1)
        self.fc1 = nn.Linear(24 * 16, 32)
        self.fc2 = nn.Linear(32, 4)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(x, 2, stride=4)  # mistake
        # sound: x = F.max_pool2d(x, 4, stride=4)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


def main(args):
    torch.manual_seed(args.seed)
    train, test = DataLoader(Stripes(600, 1), args.bs, shuffle=True), DataLoader(Stripes(200, 2), 100)
    net = Net()
    opt = torch.optim.Adam(net.parameters(), args.lr)
    for epoch in range(args.epochs):
        net.train()
        for x, y in train:
            loss = F.cross_entropy(net(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
        net.eval()
        with torch.no_grad():
            n = sum((net(x).argmax(1) == y).sum().item() for x, y in test)
        print(f"{epoch=} loss={loss.item():.3f} acc={n / 200:.3f}")


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("--epochs", default=4, type=int)
    p.add_argument("--bs", default=30, type=int)
    p.add_argument("--lr", default=3e-3, type=float)
    p.add_argument("--seed", default=0, type=int)
    main(p.parse_args())
