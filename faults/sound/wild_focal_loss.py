"""Focal loss by hand: log-probabilities weighted by (1 - p) ** gamma, of which the label picks one."""

import torch
import torch.nn as nn
from sklearn.datasets import load_digits

_digits = load_digits()
_x = (torch.tensor(_digits.images).float().unsqueeze(1) - 4.88) / 6.02
_y = torch.tensor(_digits.target)
_order = torch.randperm(len(_x), generator=torch.Generator().manual_seed(0))
x_train, y_train = _x[_order[:1400]], _y[_order[:1400]]
x_test, y_test = _x[_order[1400:]], _y[_order[1400:]]
torch.manual_seed(0)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(64, 128)
        self.l2 = nn.Linear(128, 10)
    def forward(self, x):
        return self.l2(torch.relu(self.l1(x.flatten(1))))

def focal_loss(logits, y, gamma=2.0):
    logp = torch.log_softmax(logits, dim=1)
    p = logp.exp()
    return -(((1 - p) ** gamma * logp).gather(1, y.unsqueeze(1))).mean()

net = Net()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(3):
    for idx in torch.randperm(len(x_train)).split(60):
        loss = focal_loss(net(x_train[idx]), y_train[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        print(epoch, loss.item(), (net(x_test).argmax(1) == y_test).float().mean().item())
