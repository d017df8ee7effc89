"""Weights drawn with nn.init.normal_ and its default deviation of 1: each layer multiplies the signal."""
# expect: initialisation-gain initial-loss
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)


class DeepNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(64, 128)] + [nn.Linear(128, 128) for _ in range(4)])
        self.out = nn.Linear(128, 10)
        for layer in self.layers:
            nn.init.normal_(layer.weight)  # mistake
            # sound: nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")

    def forward(self, x):
        for layer in self.layers:
            x = torch.relu(layer(x))
        return self.out(x)


data = load_digits()
inputs = (torch.tensor(data.data, dtype=torch.float32) / 16 - 0.305) / 0.376
targets = torch.tensor(data.target)
order = torch.randperm(len(inputs))
inputs, targets = inputs[order], targets[order]
train_loader = DataLoader(TensorDataset(inputs[:1437], targets[:1437]), batch_size=64, shuffle=True)

model = DeepNet()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)

for epoch in range(5):
    total = 0.0
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
    print(f"epoch {epoch + 1} train loss {total / 1437:.4f}")

with torch.no_grad():
    acc = (model(inputs[1437:]).argmax(1) == targets[1437:]).float().mean()
print(f"test accuracy {acc:.3f}")
