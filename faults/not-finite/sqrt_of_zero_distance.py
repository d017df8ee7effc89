"""The gradient of sqrt at a distance of exactly zero."""
# expect: not-finite
import torch
import torch.nn as nn
import torch.nn.functional as F


class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 4))

    def forward(self, a, b):
        d = ((self.net(a) - self.net(b)) ** 2).sum(1)
        return torch.sqrt(d)  # mistake
        # sound: return torch.sqrt(d + 1e-8)


def contrastive(dist, same):
    return (same * dist**2 + (1 - same) * F.relu(2 - dist) ** 2).mean()


torch.manual_seed(0)
model = Siamese()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
for step in range(40):
    a = torch.randn(32, 8)
    same = torch.randint(0, 2, (32,)).float()
    b = torch.where(same[:, None] > 0, a, torch.randn(32, 8))
    loss = contrastive(model(a, b), same)
    opt.zero_grad()
    loss.backward()
    opt.step()
print(loss.item())
