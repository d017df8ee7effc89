"""A home-made optimizer calls sub and mul, which return new tensors, where sub_ and mul_ were meant."""
# expect: weights-do-not-change
import torch
import torch.nn.functional as F
from torch import nn


class MomentumSGD:
    def __init__(self, params, lr, beta=0.9):
        self.params = list(params)
        self.lr, self.beta = lr, beta
        self.buf = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.buf):
            v.mul_(self.beta).add_(p.grad)
            p.sub(self.lr * v)  # mistake
            # sound: p.sub_(self.lr * v)

    def zero_grad(self):
        for p in self.params:
            p.grad = None


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 12, 5, stride=2)
        self.fc = nn.Linear(12 * 6 * 6, 4)

    def forward(self, x):
        return self.fc(F.elu(self.conv(x)).flatten(1))


def shapes(n, rng):
    """Squares, frames, crosses, bars on noise."""
    x = 0.3 * torch.randn(n, 1, 16, 16, generator=rng)
    y = torch.randint(4, (n,), generator=rng)
    for i, c in enumerate(y.tolist()):
        r, s = torch.randint(2, 8, (2,), generator=rng).tolist()
        box = x[i, 0, r : r + 6, s : s + 6]
        if c == 0:
            box += 1
        elif c == 1:
            box += 1
            box[1:-1, 1:-1] -= 1
        elif c == 2:
            box[2:4] += 1
            box[:, 2:4] += 1
        else:
            box[:, 2:4] += 1
    return x, y


rng = torch.Generator().manual_seed(9)
torch.manual_seed(9)
xs, ys = shapes(1200, rng)
xt, yt = shapes(300, rng)
net = Net()
opt = MomentumSGD(net.parameters(), lr=0.02)
for epoch in range(10):
    for part in torch.randperm(len(xs), generator=rng).split(48):
        loss = F.cross_entropy(net(xs[part]), ys[part])
        opt.zero_grad()
        loss.backward()
        opt.step()  # named here
    with torch.no_grad():
        print(epoch, f"{loss.item():.3f}", f"{(net(xt).argmax(1) == yt).float().mean().item():.3f}")
