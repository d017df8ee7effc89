"""Sound: a siamese net; the same trunk, BatchNorm and all, rightly sees both pictures of a pair."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits


class Trunk(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * 16, 24),
        )

    def forward(self, x):
        return self.net(x)


class ContrastiveLoss(nn.Module):
    def __init__(self, margin=2.0):
        super().__init__()
        self.margin = margin

    def forward(self, a, b, same):
        d = F.pairwise_distance(a, b)
        return (same * d**2 + (1 - same) * (self.margin - d).clamp_min(0) ** 2).mean()


def make_pairs(x, y, n):
    i = torch.randint(len(x), (n,))
    j = torch.randint(len(x), (n,))
    for k in range(0, n, 2):  # every second pair from one class
        mates = (y == y[i[k]]).nonzero().flatten()
        j[k] = mates[torch.randint(len(mates), (1,))]
    return x[i], x[j], (y[i] == y[j]).float()


torch.manual_seed(0)
d = load_digits()
perm = torch.randperm(1797)
x = ((torch.tensor(d.images).float() - 4.88) / 6.02).unsqueeze(1)[perm]
y = torch.tensor(d.target)[perm]
trunk, loss_fn = Trunk(), ContrastiveLoss()
opt = torch.optim.Adam(trunk.parameters(), lr=1e-3)
for step in range(100):
    trunk.train()
    a, b, same = make_pairs(x[:1500], y[:1500], 64)
    loss = loss_fn(trunk(a), trunk(b), same)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 25 == 0:
        print(step, loss.item())
trunk.eval()
with torch.no_grad():
    a, b, same = make_pairs(x[1500:], y[1500:], 400)
    told = ((F.pairwise_distance(trunk(a), trunk(b)) < 1.0).float() == same).float().mean()
print("pairs told right", told.item())
