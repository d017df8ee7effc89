"""601 samples in batches of 60: the last batch holds one, and BatchNorm1d refuses it."""
# expect: batchnorm-tiny-batch
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
proto = torch.randn(5, 1, 10, 10)
y = torch.randint(5, (801,))
x = proto[y] + torch.randn(801, 1, 10, 10)
train_set, val_set = TensorDataset(x[:601], y[:601]), TensorDataset(x[601:], y[601:])
train_loader = DataLoader(train_set, batch_size=60, shuffle=True)  # mistake
# sound: train_loader = DataLoader(train_set, batch_size=60, shuffle=True, drop_last=True)
val_loader = DataLoader(val_set, batch_size=100)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 12, 3, stride=2)
        self.fc1 = nn.Linear(12 * 16, 40, bias=False)
        self.bn = nn.BatchNorm1d(40)
        self.fc2 = nn.Linear(40, 5)

    def forward(self, x):
        x = torch.relu(self.conv(x)).flatten(1)
        x = torch.relu(self.bn(self.fc1(x)))  # named here
        return self.fc2(x)


model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(5):
    model.train()
    for data, target in train_loader:  # named here
        optimizer.zero_grad()
        loss = criterion(model(data), target)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        good = sum((model(a).argmax(1) == b).sum().item() for a, b in val_loader)
    print(f"epoch {epoch} loss {loss.item():.3f} val {good / len(val_set):.3f}")
