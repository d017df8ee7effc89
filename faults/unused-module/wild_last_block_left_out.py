"""An off-by-one loop: the last transformer block of the list never runs."""
# expect: unused-module
from dataclasses import dataclass

import torch
import torch.nn as nn


@dataclass
class Config:
    depth: int = 3
    dim: int = 32
    heads: int = 4
    patch: int = 4
    size: int = 16
    classes: int = 6


class Block(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.ln_1 = nn.LayerNorm(cfg.dim)
        self.attn = nn.MultiheadAttention(cfg.dim, cfg.heads, batch_first=True)
        self.ln_2 = nn.LayerNorm(cfg.dim)
        self.mlp = nn.Sequential(nn.Linear(cfg.dim, 2 * cfg.dim), nn.GELU(), nn.Linear(2 * cfg.dim, cfg.dim))

    def forward(self, x):
        h = self.ln_1(x)
        x = x + self.attn(h, h, h, need_weights=False)[0]
        return x + self.mlp(self.ln_2(x))


class MiniViT(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.cfg = cfg
        self.patchify = nn.Conv2d(1, cfg.dim, cfg.patch, stride=cfg.patch)
        self.pos = nn.Parameter(0.02 * torch.randn(1, (cfg.size // cfg.patch) ** 2, cfg.dim))
        self.blocks = nn.ModuleList([Block(cfg) for _ in range(cfg.depth)])  # named here
        self.norm = nn.LayerNorm(cfg.dim)
        self.head = nn.Linear(cfg.dim, cfg.classes)

    def forward(self, x):
        x = self.patchify(x).flatten(2).transpose(1, 2) + self.pos
        for i in range(self.cfg.depth - 1):  # mistake
        # sound: for i in range(self.cfg.depth):
            x = self.blocks[i](x)  # named here
        return self.head(self.norm(x).mean(dim=1))


def batch(protos, n, gen):
    y = torch.randint(len(protos), (n,), generator=gen)
    x = protos[y] + torch.randn(n, *protos.shape[1:], generator=gen)
    return x / 2**0.5, y


def main(cfg=Config()):
    gen = torch.Generator().manual_seed(3)
    torch.manual_seed(3)
    protos = torch.randn(cfg.classes, 1, cfg.size, cfg.size, generator=gen)
    model = MiniViT(cfg)
    opt = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
    for it in range(60):
        x, y = batch(protos, 64, gen)
        loss = nn.functional.cross_entropy(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        if it % 15 == 0:
            print(f"iter {it} loss {loss.item():.4f}")
    model.eval()
    with torch.no_grad():
        x, y = batch(protos, 300, gen)
        print(f"val acc {(model(x).argmax(1) == y).float().mean().item():.3f}")


if __name__ == "__main__":
    main()
