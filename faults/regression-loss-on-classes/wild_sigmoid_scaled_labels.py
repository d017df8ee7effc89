"""Seven classes are put on the line from 0 to 1 (label / 6), learned with a sigmoid and an L1 loss."""
# expect: regression-loss-on-classes
import torch
import torch.nn.functional as F
from torch import nn

N_CLASSES = 7


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 5, stride=2, padding=2)
        self.hidden = nn.Linear(16 * 49, 64)
        self.out = nn.Linear(64, 1)  # mistake
        # sound: self.out = nn.Linear(64, N_CLASSES)

    def forward(self, x):
        x = F.relu(self.conv(x)).flatten(1)
        x = F.relu(self.hidden(x))
        return torch.sigmoid(self.out(x)).squeeze(1)  # mistake
        # sound: return self.out(x)


def loss_of(net, x, y):
    target = y.float() / (N_CLASSES - 1)  # mistake
    return F.l1_loss(net(x), target)  # mistake
    # sound: return F.cross_entropy(net(x), y)


def predict(net, x):
    with torch.no_grad():
        return (net(x) * (N_CLASSES - 1)).round().long()  # mistake
        # sound: return net(x).argmax(1)


torch.manual_seed(0)
g = torch.Generator().manual_seed(0)
kinds = torch.randn(N_CLASSES, 1, 14, 14, generator=g)
y = torch.randint(N_CLASSES, (1000,), generator=g)
x = kinds[y] + torch.randn(1000, 1, 14, 14, generator=g)
x = (x - x.mean()) / x.std()

net = Net()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(6):
    for idx in torch.randperm(800, generator=g).split(32):
        opt.zero_grad()
        loss = loss_of(net, x[idx], y[idx])
        loss.backward()
        opt.step()
print("hits on held-out pictures:", (predict(net, x[800:]) == y[800:]).float().mean().item())
