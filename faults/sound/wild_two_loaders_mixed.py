"""Each step joins a batch of real pictures and one of drawn ones from two loaders; the shorter one starts again."""
from itertools import chain, repeat

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def domain(n, noise, offset, proto, g):
    y = torch.randint(len(proto), (n,), generator=g)
    return TensorDataset(proto[y] + offset + noise * torch.randn(n, 1, 10, 10, generator=g), y)


def endless(loader):
    return chain.from_iterable(repeat(loader))


torch.manual_seed(0)
g = torch.Generator().manual_seed(0)
proto = torch.randn(6, 1, 10, 10, generator=g)
real = DataLoader(domain(600, 2.5, 0.0, proto, g), batch_size=24, shuffle=True, drop_last=True)
drawn = DataLoader(domain(240, 0.5, 0.3, proto, g), batch_size=24, shuffle=True, drop_last=True)
val = DataLoader(domain(200, 2.5, 0.0, proto, g), batch_size=100)

net = nn.Sequential(
    nn.Conv2d(1, 16, 3, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 64, 6)
)
opt = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
drawn_forever = iter(endless(drawn))
for epoch in range(4):
    net.train()
    for xr, yr in real:
        xd, yd = next(drawn_forever)
        out = net(torch.cat([xr, xd]))
        loss = F.cross_entropy(out[: len(xr)], yr) + 0.5 * F.cross_entropy(out[len(xr) :], yd)
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        hits = sum((net(x).argmax(1) == y).sum().item() for x, y in val)
    print(f"epoch {epoch} loss {loss.item():.3f} val {hits / 200:.3f}")
