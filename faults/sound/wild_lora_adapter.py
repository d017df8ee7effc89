"""Sound: LoRA on a frozen base: two linear maps in a row on purpose, the second zero at the start."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits


class LoRALinear(nn.Module):
    def __init__(self, base, rank=8, alpha=16):
        super().__init__()
        self.base = base
        for p in self.base.parameters():
            p.requires_grad_(False)
        self.down = nn.Linear(base.in_features, rank, bias=False)
        self.up = nn.Linear(rank, base.out_features, bias=False)
        nn.init.zeros_(self.up.weight)
        self.scale = alpha / rank

    def forward(self, x):
        return self.base(x) + self.scale * self.up(self.down(x))


def train(model, x, y, epochs, lr):
    opt = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=lr)
    for epoch in range(epochs):
        for i in torch.randperm(len(x)).split(50):
            opt.zero_grad()
            loss = F.cross_entropy(model(x[i]), y[i])
            loss.backward()
            opt.step()
        print("  loss", round(loss.item(), 3))


@torch.no_grad()
def accuracy(model, x, y):
    return (model(x).argmax(1) == y).float().mean().item()


torch.manual_seed(0)
d = load_digits()
perm = torch.randperm(1797)
x = ((torch.tensor(d.data).float() - 4.88) / 6.02)[perm]
y = torch.tensor(d.target)[perm]
net = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
train(net, x[:1400], y[:1400], epochs=4, lr=3e-3)
print("base", accuracy(net, x[1400:], y[1400:]))

# the new domain: pictures turned upside down
flipped = x.view(-1, 8, 8).flip(1).reshape(-1, 64)
print("base on flipped", accuracy(net, flipped[1400:], y[1400:]))
net[0] = LoRALinear(net[0])
net[2] = LoRALinear(net[2])
train(net, flipped[:1400], y[:1400], epochs=4, lr=3e-3)
print("adapted on flipped", accuracy(net, flipped[1400:], y[1400:]))
