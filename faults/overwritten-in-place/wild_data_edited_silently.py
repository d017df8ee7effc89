"""The tanh output is masked through .data: no error, but tanh's gradient is taken at a wrong value."""
# expect: overwritten-in-place graph-cut
import torch
from torch import nn

torch.manual_seed(23)


class NoisyTanh(nn.Module):
    """A home-made dropout on tanh units."""

    def __init__(self, i, o, keep=0.8):
        super().__init__()
        self.fc = nn.Linear(i, o)
        self.keep = keep

    def forward(self, x):
        h = torch.tanh(self.fc(x))  # named here
        if self.training:
            mask = (torch.rand_like(h) < self.keep).float() / self.keep
            h.data.mul_(mask)  # mistake
            # sound: h = h * mask
        return h


net = nn.Sequential(NoisyTanh(30, 64), NoisyTanh(64, 64), nn.Linear(64, 5))
means = torch.randn(5, 30)
y = torch.randint(5, (1000,))
x = means[y] + torch.randn(1000, 30)
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(5):
    net.train()
    for idx in torch.randperm(800).split(40):
        loss = nn.functional.cross_entropy(net(x[idx]), y[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        print(epoch, loss.item(), (net(x[800:]).argmax(1) == y[800:]).float().mean().item())
