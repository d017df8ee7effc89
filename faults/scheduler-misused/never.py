"""A cosine schedule is made, and nobody steps it."""
# expect: scheduler-misused

import torch
from torch import nn, optim


class Trainer:
    def __init__(self, net, epochs=5):
        self.net = net
        self.epochs = epochs
        self.optim = optim.Adam(net.parameters(), lr=1e-2)
        self.sched = optim.lr_scheduler.CosineAnnealingLR(self.optim, T_max=epochs)  # named here

    def run(self, x, y):
        for epoch in range(self.epochs):
            for part in torch.randperm(len(x)).split(40):
                self.optim.zero_grad()
                loss = nn.functional.cross_entropy(self.net(x[part]), y[part])
                loss.backward()
                self.optim.step()  # named here
            # sound: self.sched.step()
            print(f"epoch {epoch} loss {loss.item():.4f} lr {self.optim.param_groups[0]['lr']:.5f}")


torch.manual_seed(0)
centres = torch.randn(4, 10) * 2
y = torch.randint(0, 4, (400,))
x = centres[y] + torch.randn(400, 10)
Trainer(nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 4))).run(x, y)
