"""An L1 penalty on the hidden activations is a sum over everything: the net is taught to be silent."""
# expect: regularisation-dominates
import torch
import torch.nn.functional as F
from torch import nn


class SparseNet(nn.Module):
    def __init__(self, hidden=128, classes=6):
        super().__init__()
        self.enc = nn.Linear(144, hidden)
        self.out = nn.Linear(hidden, classes)

    def forward(self, x):
        h = F.relu(self.enc(x.flatten(1)))
        return self.out(h), h


class SparseLoss(nn.Module):
    def __init__(self, beta=0.1):
        super().__init__()
        self.beta = beta

    def forward(self, logits, hidden, target):
        ce = F.cross_entropy(logits, target)
        penalty = hidden.abs().sum()  # mistake
        # sound: penalty = hidden.abs().mean()
        return ce + self.beta * penalty  # named here


torch.manual_seed(0)
words = torch.randn(6, 1, 12, 12)
y = torch.randint(6, (1000,))
x = (words[y] + torch.randn(1000, 1, 12, 12)) / 2**0.5
net, loss_fn = SparseNet(), SparseLoss()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(6):
    for i in torch.randperm(800).split(32):
        logits, hidden = net(x[i])
        loss = loss_fn(logits, hidden, y[i])
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(epoch, loss.item())
with torch.no_grad():
    print("accuracy", (net(x[800:])[0].argmax(1) == y[800:]).float().mean().item())
