"""Layers were renamed after the checkpoint was written; strict=False loads only the stem and the head."""
# expect: weights-not-loaded
import io

import torch
import torch.nn.functional as F
from torch import nn


class OldNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 12, 3, padding=1)
        self.conv_a = nn.Conv2d(12, 24, 3, padding=1)
        self.conv_b = nn.Conv2d(24, 24, 3, padding=1)
        self.fc = nn.Linear(24 * 16, 6)

    def forward(self, x):
        x = F.relu(self.stem(x))
        x = F.max_pool2d(F.relu(self.conv_a(x)), 2)
        x = F.max_pool2d(F.relu(self.conv_b(x)), 2)
        return self.fc(x.flatten(1))


class NewNet(nn.Module):
    """The same net, tidied up."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 12, 3, padding=1)
        self.block = nn.ModuleDict(
            {"a": nn.Conv2d(12, 24, 3, padding=1), "b": nn.Conv2d(24, 24, 3, padding=1)}
        )
        self.fc = nn.Linear(24 * 16, 6)

    def forward(self, x):
        x = F.relu(self.stem(x))
        for conv in self.block.values():
            x = F.max_pool2d(F.relu(conv(x)), 2)
        return self.fc(x.flatten(1))


def sample(marks, n):
    y = torch.randint(6, (n,))
    return (marks[y] + torch.randn(n, 1, 16, 16)) / 2**0.5, y


torch.manual_seed(0)
marks = torch.randn(6, 1, 16, 16)
x, y = sample(marks, 600)
x_test, y_test = sample(marks, 300)

old = OldNet()
opt = torch.optim.Adam(old.parameters(), lr=2e-3)
for _ in range(3):
    for i in torch.randperm(600).split(30):
        opt.zero_grad()
        F.cross_entropy(old(x[i]), y[i]).backward()
        opt.step()
buffer = io.BytesIO()
torch.save(old.state_dict(), buffer)
buffer.seek(0)

new = NewNet()
weights = torch.load(buffer)
# sound: weights = {name.replace("conv_", "block."): w for name, w in weights.items()}
new.load_state_dict(weights, strict=False)  # named here
new.eval()
with torch.no_grad():
    print(f"accuracy after loading: {(new(x_test).argmax(1) == y_test).float().mean():.3f}")
