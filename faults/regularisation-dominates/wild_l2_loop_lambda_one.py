"""A penalty on all squared weights is added with a factor of 1: it is many times the cross-entropy."""
# expect: regularisation-dominates
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
l2_lambda = 1.0  # mistake
# sound: l2_lambda = 1e-4

digits = load_digits()
inputs = (torch.tensor(digits.data, dtype=torch.float32) / 16 - 0.305) / 0.376
labels = torch.tensor(digits.target)
perm = torch.randperm(len(inputs))
loader = DataLoader(TensorDataset(inputs[perm[:1400]], labels[perm[:1400]]), batch_size=50, shuffle=True)

model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)

for epoch in range(6):
    for x, y in loader:
        optimizer.zero_grad()
        outputs = model(x)
        l2_reg = torch.tensor(0.0)
        for param in model.parameters():
            l2_reg = l2_reg + param.pow(2).sum()
        loss = criterion(outputs, y) + l2_lambda * l2_reg  # named here
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch} loss {loss.item():.4f}")
with torch.no_grad():
    print("accuracy", (model(inputs[perm[1400:]]).argmax(1) == labels[perm[1400:]]).float().mean().item())
