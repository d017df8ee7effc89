"""Only 1x1 convolutions before the global pooling: every unit sees one pixel of the digit."""
# expect: small-receptive-field
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
np.random.seed(0)

bunch = load_digits()
order = np.random.permutation(len(bunch.target))
images = torch.tensor(bunch.images[order], dtype=torch.float32)[:, None] / 6.0 - 0.8
labels = torch.tensor(bunch.target[order])
x_tr, y_tr, x_te, y_te = images[:1500], labels[:1500], images[1500:], labels[1500:]

K = 1  # mistake
# sound: K = 3


class Stem(nn.Module):
    def __init__(self, widths=(1, 24, 32, 64)):
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv2d(a, b, K, padding=K // 2)  # named here
            for a, b in zip(widths[:-1], widths[1:])
        )
        self.out = nn.Linear(widths[-1], 10)

    def forward(self, x):
        x = F.relu(self.convs[0](x))
        # sound: x = F.max_pool2d(x, 2)
        x = F.relu(self.convs[1](x))
        # sound: x = F.max_pool2d(x, 2)
        x = F.relu(self.convs[2](x))  # named here
        x = F.adaptive_avg_pool2d(x, 1).flatten(1)  # named here
        return self.out(x)  # named here


model = Stem()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(5):
    for idx in torch.randperm(1500).split(50):
        loss = F.cross_entropy(model(x_tr[idx]), y_tr[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        print("epoch", epoch, "test acc", (model(x_te).argmax(1) == y_te).float().mean().item())
