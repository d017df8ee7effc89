"""The loss is wrapped in torch.tensor(..., requires_grad=True), which makes a new leaf."""
# expect: graph-cut loss-without-gradient
import torch
import torch.nn as nn
import torch.optim as optim

torch.manual_seed(0)


class Trainer:
    def __init__(self):
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(64, 50), nn.Tanh(), nn.Linear(50, 3))
        self.opt = optim.SGD(self.net.parameters(), lr=0.05, momentum=0.9)
        self.patterns = torch.randn(3, 8, 8)

    def batch(self):
        y = torch.randint(3, (32,))
        return self.patterns[y] + 0.3 * torch.randn(32, 8, 8), y

    def fit(self, n):
        for i in range(n):
            x, y = self.batch()
            self.opt.zero_grad()
            out = self.net(x)
            loss = nn.functional.cross_entropy(out, y)
            loss = torch.tensor(loss.item(), requires_grad=True)  # mistake
            loss.backward()
            self.opt.step()
        print("loss", loss.item())


Trainer().fit(60)
