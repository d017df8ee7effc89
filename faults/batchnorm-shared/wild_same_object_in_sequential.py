"""norm and act are made once and put into the Sequential three times: three layers share one BatchNorm."""
# expect: batchnorm-shared
import torch
from torch import nn


def mlp(n_in, width, n_out, depth):
    norm, act = nn.BatchNorm1d(width), nn.ReLU()  # mistake
    # sound: act = nn.ReLU()
    layers = []
    for i in range(depth):
        layers.append(nn.Linear(n_in if i == 0 else width, width, bias=False))
        layers.append(norm)  # mistake
        # sound: layers.append(nn.BatchNorm1d(width))
        layers.append(act)
    layers.append(nn.Linear(width, n_out))
    return nn.Sequential(*layers)  # named here


torch.manual_seed(18)
means = torch.randn(6, 24)
y = torch.randint(6, (1000,))
x = means[y] + 1.1 * torch.randn(1000, 24)
net = mlp(24, 48, 6, depth=3)
print(net)
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
lossf = nn.CrossEntropyLoss()
for epoch in range(4):
    net.train()
    for idx in torch.randperm(800).split(40):
        opt.zero_grad()
        loss = lossf(net(x[idx]), y[idx])  # named here
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        print(epoch, loss.item(), (net(x[800:]).argmax(1) == y[800:]).float().mean().item())
