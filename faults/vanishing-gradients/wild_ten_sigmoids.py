"""Ten layers with sigmoids between them: next to nothing of the gradient comes back to the first layers."""
# expect: vanishing-gradients
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)


class DeepMLP(nn.Module):
    def __init__(self, depth=10, width=64):
        super().__init__()
        layers = []
        for i in range(depth):
            layers.append(nn.Linear(64 if i == 0 else width, width))
            layers.append(nn.Sigmoid())  # mistake
            # sound: layers.extend([nn.BatchNorm1d(width), nn.ReLU()])
        self.body = nn.Sequential(*layers)  # named here
        self.out = nn.Linear(width, 10)

    def forward(self, x):
        return self.out(self.body(x))


digits = load_digits()
x = (torch.tensor(digits.data, dtype=torch.float32) / 16 - 0.305) / 0.376
y = torch.tensor(digits.target)
perm = torch.randperm(len(x))
loader = DataLoader(TensorDataset(x[perm[:1400]], y[perm[:1400]]), batch_size=50, shuffle=True)
model = DeepMLP()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for epoch in range(6):
    model.train()
    for data, target in loader:
        optimizer.zero_grad()
        loss = criterion(model(data), target)
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
model.eval()
with torch.no_grad():
    print("accuracy", (model(x[perm[1400:]]).argmax(1) == y[perm[1400:]]).float().mean().item())
