"""The batch of distances is rebuilt with torch.tensor([...]): the embedding net gets no gradient."""
# expect: graph-cut
import torch
import torch.nn as nn

torch.manual_seed(14)


class Siamese(nn.Module):
    """Two pictures, the same embedding net, a score for 'same class' from their distances."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(36, 32), nn.ReLU(), nn.Linear(32, 16))  # named here
        self.scale = nn.Parameter(torch.tensor(-0.2))
        self.shift = nn.Parameter(torch.tensor(0.5))

    def forward(self, a, b):
        za, zb = self.embed(a), self.embed(b)
        distances = torch.tensor([(u - v).pow(2).sum() for u, v in zip(za, zb)])  # mistake
        # sound: distances = torch.stack([(u - v).pow(2).sum() for u, v in zip(za, zb)])
        return self.scale * distances + self.shift


proto = torch.randn(12, 36)


def pairs(n):
    same = torch.randint(2, (n,))
    i = torch.randint(12, (n,))
    j = torch.where(same == 1, i, (i + torch.randint(1, 12, (n,))) % 12)
    noise = torch.randn(2, n, 36)
    return proto[i] + 1.3 * noise[0], proto[j] + 1.3 * noise[1], same.float()


net = Siamese()
optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
bce = nn.BCEWithLogitsLoss()
for it in range(100):
    a, b, same = pairs(48)
    loss = bce(net(a, b), same)
    optimizer.zero_grad()
    loss.backward()  # named here
    optimizer.step()
    if it % 20 == 0:
        print(f"it {it} loss {loss.item():.4f}")
with torch.no_grad():
    a, b, same = pairs(500)
    print("pairs told right:", ((net(a, b) > 0) == (same > 0.5)).float().mean().item())
