"""Sound: one trunk, one head for the class and one for the position; no loss broadcasts."""
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset


@dataclass
class Options:
    epochs: int = 5
    batch: int = 40
    lr: float = 2e-3


class Shapes(Dataset):
    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        stamps = torch.randn(3, 5, 5, generator=torch.Generator().manual_seed(99)) * 2
        self.kind = torch.randint(3, (n,), generator=g)
        self.where = torch.randint(0, 15, (n, 2), generator=g)
        self.image = 0.4 * torch.randn(n, 1, 20, 20, generator=g)
        for i in range(n):
            r, c = self.where[i].tolist()
            self.image[i, 0, r : r + 5, c : c + 5] += stamps[self.kind[i]]

    def __len__(self):
        return len(self.kind)

    def __getitem__(self, i):
        return self.image[i], {"kind": self.kind[i], "where": self.where[i].float() / 7 - 1}


class TwoHeads(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 24, 3, padding=1), nn.ReLU(), nn.Flatten(),
        )
        self.heads = nn.ModuleDict({"kind": nn.Linear(2400, 3), "where": nn.Linear(2400, 2)})

    def forward(self, x):
        z = self.trunk(x)
        return {k: head(z) for k, head in self.heads.items()}


def run(opt=Options()):
    torch.manual_seed(0)
    train = DataLoader(Shapes(800, 1), opt.batch, shuffle=True)
    test = DataLoader(Shapes(200, 2), 100)
    net = TwoHeads()
    optimizer = torch.optim.Adam(net.parameters(), opt.lr)
    for epoch in range(opt.epochs):
        net.train()
        for image, target in train:
            out = net(image)
            loss = F.cross_entropy(out["kind"], target["kind"])
            loss = loss + F.mse_loss(out["where"], target["where"])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        net.eval()
        right = off = 0
        with torch.no_grad():
            for image, target in test:
                out = net(image)
                right += (out["kind"].argmax(1) == target["kind"]).sum().item()
                off += (out["where"] - target["where"]).abs().mean(1).sum().item()
        print(f"epoch {epoch} loss {loss.item():.3f} kind {right / 200:.3f} off by {7 * off / 200:.2f} px")


run()
