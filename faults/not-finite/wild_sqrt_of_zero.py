"""A picture's distance to itself is zero, where the square root has no finite slope: the gradient is NaN."""
# expect: not-finite
import random

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Pairs(Dataset):
    """A picture and another one (perhaps the same) with 1 where both show the same shape."""

    def __init__(self, pictures, shapes, length, seed):
        self.pictures, self.shapes, self.length = pictures, shapes, length
        self.rng = random.Random(seed)
        self.pairs = [self.draw() for _ in range(length)]

    def draw(self):
        i = self.rng.randrange(len(self.pictures))
        if self.rng.random() < 0.5:
            j = self.rng.choice([k for k, s in enumerate(self.shapes) if s == self.shapes[i]])
        else:
            j = self.rng.randrange(len(self.pictures))
        return i, j

    def __len__(self):
        return self.length

    def __getitem__(self, n):
        i, j = self.pairs[n]
        return self.pictures[i], self.pictures[j], float(self.shapes[i] == self.shapes[j])


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(2),
            nn.Flatten(), nn.Linear(64, 16),
        )

    def forward(self, x):
        return self.body(x)


def contrastive_loss(a, b, same, margin=1.5):
    distance = torch.sqrt(((a - b) ** 2).sum(dim=1))  # mistake
    # sound: distance = torch.sqrt(((a - b) ** 2).sum(dim=1) + 1e-8)
    return (same * distance**2 + (1 - same) * (margin - distance).clamp(min=0) ** 2).mean()


torch.manual_seed(0)
base = torch.randn(5, 1, 12, 12)
shapes = [i % 5 for i in range(60)]
pictures = base[shapes] + 0.4 * torch.randn(60, 1, 12, 12)
loader = DataLoader(Pairs(pictures, shapes, 960, seed=1), batch_size=32, shuffle=True)
encoder = Encoder()
optimizer = torch.optim.Adam(encoder.parameters(), lr=1e-3)
for epoch in range(5):
    encoder.train()
    losses = []
    for a, b, same in loader:
        loss = contrastive_loss(encoder(a), encoder(b), same.float())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print(f"epoch {epoch}: contrastive loss {sum(losses) / len(losses):.4f}")
encoder.eval()
with torch.no_grad():
    codes = encoder(base[shapes] + 0.4 * torch.randn(60, 1, 12, 12))
    nearest = torch.cdist(codes, encoder(pictures)).argmin(1)
print("nearest neighbour right:", sum(shapes[j] == shapes[i] for i, j in enumerate(nearest.tolist())) / 60)
