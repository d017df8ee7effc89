"""The init function gives every weight of a layer the same value: all its units stay copies of one."""
# expect: constant-initialisation
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def weights_init(m):
    if isinstance(m, nn.Linear):
        nn.init.constant_(m.weight, 0.02)  # mistake
        # sound: nn.init.xavier_uniform_(m.weight)
        nn.init.zeros_(m.bias)


class MLP(nn.Module):
    def __init__(self, d_in=64, d_hidden=80, n_classes=10):
        super().__init__()
        self.fc1 = nn.Linear(d_in, d_hidden)
        self.fc2 = nn.Linear(d_hidden, d_hidden)
        self.fc3 = nn.Linear(d_hidden, n_classes)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return self.fc3(x)


torch.manual_seed(1)
d = load_digits()
X = (torch.tensor(d.data, dtype=torch.float32) / 16 - 0.305) / 0.376
Y = torch.tensor(d.target, dtype=torch.long)
perm = torch.randperm(len(X))
tr, te = perm[:1400], perm[1400:]

model = MLP()
model.apply(weights_init)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
criterion = nn.CrossEntropyLoss()
loader = DataLoader(TensorDataset(X[tr], Y[tr]), batch_size=64, shuffle=True)

for epoch in range(8):
    for data, target in loader:
        optimizer.zero_grad()
        output = model(data)
        loss = criterion(output, target)
        loss.backward()
        optimizer.step()

with torch.no_grad():
    acc = (model(X[te]).argmax(1) == Y[te]).float().mean().item()
print("accuracy", round(acc, 3))
