"""BCELoss wants values in 0..1, so the scores were clamped instead of put through a sigmoid."""
# expect: bce-wrong-range
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

torch.manual_seed(4)
rng = np.random.RandomState(4)
digits = load_digits()
perm = rng.permutation(len(digits.target))
X = torch.from_numpy(digits.data[perm].astype("float32"))
# several labels per digit: even, bigger than four, has a closed loop
t = digits.target[perm]
Y = torch.from_numpy(np.stack([t % 2 == 0, t > 4, np.isin(t, [0, 6, 8, 9])], 1).astype("float32"))
mean, std = X[:1400].mean(0), X[:1400].std(0) + 1e-1
X = (X - mean) / std


class MultiLabel(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(64, 64)
        self.l2 = nn.Linear(64, 3)

    def forward(self, x):
        z = self.l2(torch.relu(self.l1(x)))
        return torch.clamp(z, 0.0, 1.0)  # mistake
        # sound: return torch.sigmoid(z)


model = MultiLabel()
bce = nn.BCELoss()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(1, 7):
    for batch in torch.randperm(1400).split(70):
        out = model(X[batch])
        loss = bce(out, Y[batch])  # named here
        opt.zero_grad()
        loss.backward()
        opt.step()
    print("epoch", epoch, "loss", round(loss.item(), 3))

with torch.no_grad():
    hits = ((model(X[1400:]) > 0.5) == (Y[1400:] > 0.5)).float().mean(0)
print("accuracy per label", [round(h, 3) for h in hits.tolist()])
