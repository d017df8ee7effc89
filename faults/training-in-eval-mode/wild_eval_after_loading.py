"""The pretrained net is put in eval mode when it is loaded, and then fine-tuned like that."""
# expect: training-in-eval-mode
import io

import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)


def build():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
        nn.Flatten(), nn.Dropout(0.4), nn.Linear(32 * 9, 5),
    )


def pictures(prototypes, n):
    y = torch.randint(5, (n,))
    return (prototypes[y] + 1.2 * torch.randn(n, 1, 12, 12)) / 1.56, y


def train(net, data, epochs, lr):
    opt = torch.optim.Adam(net.parameters(), lr=lr)
    x, y = data
    for epoch in range(epochs):
        for i in torch.randperm(len(x)).split(32):
            opt.zero_grad()
            loss = F.cross_entropy(net(x[i]), y[i])  # named here
            loss.backward()
            opt.step()
        print("  epoch", epoch, "loss", round(loss.item(), 3))


prototypes = torch.randn(5, 1, 12, 12)
first = build()
train(first, pictures(prototypes, 640), epochs=2, lr=3e-3)
file = io.BytesIO()
torch.save(first.state_dict(), file)
file.seek(0)

net = build()
net.load_state_dict(torch.load(file))
net.eval()  # mistake
# sound: net.train()

shifted = prototypes + 0.5 * torch.randn_like(prototypes)
train(net, pictures(shifted, 640), epochs=3, lr=1e-3)
net.eval()
x, y = pictures(shifted, 300)
with torch.no_grad():
    print("accuracy", (net(x).argmax(1) == y).float().mean().item())
