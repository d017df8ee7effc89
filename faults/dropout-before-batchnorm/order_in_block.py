"""In the dense block dropout stands before BatchNorm."""
# expect: dropout-before-batchnorm
import torch
from sklearn.datasets import load_digits
from torch import nn


def dense(fan_in, fan_out):
    return nn.Sequential(
        nn.Linear(fan_in, fan_out, bias=False),
        nn.Dropout(0.3),  # mistake
        nn.BatchNorm1d(fan_out),  # named here
        nn.ReLU(),
    )


torch.manual_seed(6)
X, y = load_digits(return_X_y=True)
X, y = torch.tensor(X, dtype=torch.float32) / 16, torch.tensor(y)
model = nn.Sequential(dense(64, 64), nn.Linear(64, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(4):
    model.train()
    for idx in torch.randperm(1500).split(50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(X[idx]), y[idx]).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print((model(X[1500:]).argmax(1) == y[1500:]).float().mean())
