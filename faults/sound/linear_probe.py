"""Only the head's parameters are given to the optimizer; the trained body is in eval mode and not frozen."""

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(12, 48), nn.BatchNorm1d(48), nn.ReLU())
        self.fc = nn.Linear(48, classes)

    def forward(self, x):
        return self.fc(self.body(x))


def train(net, parameters, x, y, eval_body=False):
    optimizer = torch.optim.SGD(parameters, lr=0.1, momentum=0.9)
    net.train()
    if eval_body:
        net.body.eval()
    for _ in range(5):
        for part in torch.randperm(len(x)).split(40):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(x[part]), y[part])
            loss.backward()
            optimizer.step()
    print(loss.item())


torch.manual_seed(0)
x = torch.randn(600, 12)
net = Net(8)
train(net, net.parameters(), x, (x @ torch.randn(12, 8)).argmax(1))
net.fc = nn.Linear(48, 3)
train(net, net.fc.parameters(), x, (x @ torch.randn(12, 3)).argmax(1), eval_body=True)
