"""Sigmoid on the class scores before CrossEntropyLoss: all logits lie between 0 and 1."""
# expect: activation-on-logits
import torch
from torch import nn

torch.manual_seed(99)
N, C = 900, 5
kernels = torch.randn(C, 3, 18, 18)
labels = torch.randint(C, (N,))
images = 0.7 * kernels[labels] + 0.7 * torch.randn(N, 3, 18, 18)


def depthwise(i, o):
    return [
        nn.Conv2d(i, i, 3, padding=1, groups=i, bias=False),
        nn.BatchNorm2d(i),
        nn.ReLU6(),
        nn.Conv2d(i, o, 1, bias=False),
        nn.BatchNorm2d(o),
        nn.ReLU6(),
    ]


net = nn.Sequential(
    nn.Conv2d(3, 16, 3, stride=2, padding=1, bias=False),
    nn.BatchNorm2d(16),
    nn.ReLU6(),
    *depthwise(16, 32),
    nn.MaxPool2d(3),
    nn.Flatten(),
    nn.Linear(32 * 9, C),
    nn.Sigmoid(),  # mistake
)
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
lossfn = nn.CrossEntropyLoss()


def epoch_of_training():
    net.train()
    mean = 0.0
    for b in torch.randperm(700).split(35):
        loss = lossfn(net(images[b]), labels[b])  # named here
        net.zero_grad()
        loss.backward()
        opt.step()
        mean += loss.item() / 20
    return mean


def accuracy():
    net.eval()
    with torch.no_grad():
        return (net(images[700:]).argmax(1) == labels[700:]).float().mean().item()


for e in range(5):
    print("epoch", e, "loss", round(epoch_of_training(), 3), "acc", round(accuracy(), 3))
