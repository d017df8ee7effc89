"""Weights of a self-made layer come from torch.rand, all positive: the sums grow with each layer."""
# expect: initialisation-gain initial-loss
import torch
import torch.nn as nn
import torch.nn.functional as F


class MyLinear(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.weight = nn.Parameter(torch.rand(n_in, n_out))  # mistake
        # sound: self.weight = nn.Parameter(torch.randn(n_in, n_out) * (2 / n_in) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(n_out))

    def forward(self, x):
        return torch.matmul(x, self.weight) + self.bias


class MyNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = MyLinear(196, 100)
        self.l2 = MyLinear(100, 50)
        self.l3 = MyLinear(50, 4)

    def forward(self, img):
        h = F.relu(self.l1(img.flatten(1)))
        h = F.relu(self.l2(h))
        return self.l3(h)


def stripes(n, gen):
    """Pictures 14x14 with stripes in one of four directions."""
    ys, xs = torch.meshgrid(torch.arange(14.0), torch.arange(14.0), indexing="ij")
    waves = [ys, xs, ys + xs, ys - xs]
    label = torch.randint(0, 4, (n,), generator=gen)
    imgs = torch.stack([torch.sin(waves[k] * 1.3) for k in label.tolist()])
    imgs = imgs + 0.9 * torch.randn(n, 14, 14, generator=gen)
    return (imgs - imgs.mean()) / imgs.std(), label


if __name__ == "__main__":
    torch.manual_seed(2)
    gen = torch.Generator().manual_seed(2)
    xtr, ytr = stripes(1200, gen)
    xte, yte = stripes(400, gen)
    model = MyNet()
    opt = torch.optim.SGD(model.parameters(), lr=0.02)
    for epoch in range(6):
        idx = torch.randperm(len(xtr))
        for i in range(0, len(xtr), 40):
            sel = idx[i : i + 40]
            loss = F.cross_entropy(model(xtr[sel]), ytr[sel])
            opt.zero_grad()
            loss.backward()
            opt.step()
        with torch.no_grad():
            acc = (model(xte).argmax(1) == yte).float().mean().item()
        print(f"[{epoch}] loss={loss.item():.3f} acc={acc:.3f}")
