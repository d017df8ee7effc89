"""The schedule is made anew in every epoch, so it always starts from its beginning."""
# expect: scheduler-misused

import torch
from torch import nn


def train_one_epoch(net, optimizer, x, y):
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.7)  # mistake
    for part in torch.randperm(len(x)).split(25):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(net(x[part]).squeeze(1), y[part])
        loss.backward()
        optimizer.step()
    scheduler.step()  # mistake
    return loss.item()


torch.manual_seed(0)
x = torch.rand(200, 3)
y = x @ torch.tensor([1.0, -2.0, 0.5])
net = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 1))
optimizer = torch.optim.SGD(net.parameters(), lr=0.3)
# sound: scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.7)
for epoch in range(6):
    print(epoch, train_one_epoch(net, optimizer, x, y), optimizer.param_groups[0]["lr"])
    # sound: scheduler.step()
