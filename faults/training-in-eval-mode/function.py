"""evaluate() leaves the net in eval mode, and the training goes on in it."""
# expect: training-in-eval-mode

import torch
import torch.nn as nn
import torch.nn.functional as F


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)
        self.bn = nn.BatchNorm2d(8)
        self.drop = nn.Dropout2d(0.2)
        self.fc = nn.Linear(8 * 4 * 4, 4)

    def forward(self, x):
        x = self.drop(F.max_pool2d(F.relu(self.bn(self.conv(x))), 2))
        return self.fc(x.flatten(1))


@torch.no_grad()
def evaluate(net, x, y):
    net.eval()  # named here
    return (net(x).argmax(dim=1) == y).float().mean().item()


torch.manual_seed(0)
patterns = torch.randn(4, 1, 10, 10)
y = torch.randint(0, 4, (640,))
x = patterns[y] + torch.randn(640, 1, 10, 10)
x_test, y_test = x[512:], y[512:]
net = ConvNet()
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
for step in range(60):
    # sound: net.train()
    idx = torch.randint(0, 512, (32,))
    loss = F.cross_entropy(net(x[idx]), y[idx])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 10 == 9:
        print(step, loss.item(), evaluate(net, x_test, y_test))
