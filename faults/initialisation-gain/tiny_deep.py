"""Six layers with weights of deviation 0.001: the last one sees the same for every picture."""
# expect: initialisation-gain
import torch
from torch import nn

torch.manual_seed(0)


def mlp(sizes):
    layers = []
    for a, b in zip(sizes[:-1], sizes[1:]):
        linear = nn.Linear(a, b)
        linear.weight.data.normal_(0, 0.001)  # mistake
        # sound: linear.weight.data.normal_(0, (2 / a) ** 0.5)
        linear.bias.data.zero_()
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def get_batch(n=64):
    y = torch.randint(6, (n,))
    return torch.eye(6)[y].repeat(1, 10) * 2 + torch.randn(n, 60) * 0.5, y


net = mlp([60, 100, 100, 100, 100, 100, 6])
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for it in range(150):
    x, y = get_batch()
    loss = nn.functional.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if it % 50 == 0:
        print(it, float(loss))
