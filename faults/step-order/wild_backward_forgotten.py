"""backward was lost when the loop was rewritten for two losses; step runs without any gradient."""
# expect: step-order weights-do-not-change
import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)


class TwoHeads(nn.Module):
    """Tells the shape (5) and whether the picture is bright (2)."""

    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.ReLU(), nn.Flatten())
        self.shape = nn.Linear(16 * 36, 5)
        self.bright = nn.Linear(16 * 36, 2)

    def forward(self, x):
        h = self.trunk(x)
        return {"shape": self.shape(h), "bright": self.bright(h)}


shapes = torch.randn(5, 1, 12, 12)
shape_y = torch.randint(5, (1000,))
bright_y = torch.randint(2, (1000,))
images = shapes[shape_y] + 0.5 * (2 * bright_y - 1).view(-1, 1, 1, 1) + torch.randn(1000, 1, 12, 12)
images = images / images.std()

model = TwoHeads()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(5):
    for idx in torch.randperm(800).split(32):
        optimizer.zero_grad()
        out = model(images[idx])
        loss_shape = F.cross_entropy(out["shape"], shape_y[idx])
        loss_bright = F.cross_entropy(out["bright"], bright_y[idx])
        loss = loss_shape + 0.5 * loss_bright  # named here
        # sound: loss.backward()
        optimizer.step()  # named here
    print(epoch, "shape", loss_shape.item(), "bright", loss_bright.item())

with torch.no_grad():
    out = model(images[800:])
    print("accuracy", (out["shape"].argmax(1) == shape_y[800:]).float().mean().item())
