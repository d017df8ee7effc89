"""Two task heads live in an ordinary dict: neither is in model.parameters()."""
# expect: unregistered-module
from typing import Dict

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits


class MultiTask(nn.Module):
    def __init__(self, tasks: Dict[str, int]):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, 48), nn.ReLU())
        self.heads = {name: nn.Linear(48, n) for name, n in tasks.items()}  # mistake
        # sound: self.heads = nn.ModuleDict({name: nn.Linear(48, n) for name, n in tasks.items()})

    def forward(self, x: torch.Tensor) -> Dict[str, torch.Tensor]:
        z = self.backbone(x)
        return {name: head(z) for name, head in self.heads.items()}  # named here


def total_loss(out, target):
    return sum(F.cross_entropy(out[k], target[k]) for k in out)


torch.manual_seed(2)
digits = load_digits()
perm = torch.randperm(len(digits.target))
x = torch.tensor(digits.data, dtype=torch.float32)[perm]
x = (x - 4.88) / 6.02
t = torch.tensor(digits.target)[perm]
y = {"digit": t, "parity": t % 2}

model = MultiTask({"digit": 10, "parity": 2})
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)  # named here
for epoch in range(6):
    for idx in torch.randperm(1500).split(50):
        optimizer.zero_grad()
        loss = total_loss(model(x[idx]), {k: v[idx] for k, v in y.items()})
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        out = model(x[1500:])
    accs = {k: round((out[k].argmax(1) == y[k][1500:]).float().mean().item(), 3) for k in out}
    print(epoch, round(loss.item(), 4), accs)
