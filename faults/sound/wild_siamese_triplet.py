"""One encoder sees anchor, positive and negative; triplet loss; tested by nearest neighbour."""
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Conv2d(16, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(256, 24)
        )

    def forward(self, x):
        return F.normalize(self.net(x), dim=1)


def triplets(y, n):
    anchors = torch.randint(len(y), (n,))
    same = y[anchors][:, None] == y[None, :]
    same_other = same.clone()
    same_other[torch.arange(n), anchors] = False
    positive = torch.multinomial(same_other.float(), 1).squeeze(1)
    negative = torch.multinomial((~same).float(), 1).squeeze(1)
    return anchors, positive, negative


torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images).float()[:, None] / 16
y = torch.tensor(digits.target)
perm = torch.randperm(len(x))
xs, ys, xq, yq = x[perm[:1400]], y[perm[:1400]], x[perm[1400:]], y[perm[1400:]]
encoder = Encoder()
criterion = nn.TripletMarginLoss(margin=0.5)
optimizer = torch.optim.Adam(encoder.parameters(), lr=2e-3)
for step in range(1, 91):
    encoder.train()
    a, p, n = triplets(ys, 48)
    loss = criterion(encoder(xs[a]), encoder(xs[p]), encoder(xs[n]))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 30 == 0:
        encoder.eval()
        with torch.no_grad():
            nearest = (encoder(xq) @ encoder(xs).T).argmax(1)
        print(f"step {step} loss {loss.item():.3f} nearest neighbour {(ys[nearest] == yq).float().mean().item():.3f}")
