"""Gradient accumulation over 8 mini batches because colab has no memory; I never divide the loss by 8."""
# expect: accumulation-not-scaled
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(14)
kinds = torch.randn(8, 3, 14, 14)


def data(n):
    y = torch.randint(0, 8, (n,))
    return TensorDataset(kinds[y] * 0.5 + torch.randn(n, 3, 14, 14), y)


train_loader = DataLoader(data(1280), batch_size=8, shuffle=True)
valid_loader = DataLoader(data(240), batch_size=40)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 16, 3, padding=1)
        self.fc = nn.Linear(16 * 49, 8)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc(x.flatten(1))


model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
accumulation_steps = 8
for epoch in range(5):
    model.train()
    optimizer.zero_grad()
    for i, (inputs, labels) in enumerate(train_loader):
        loss = F.cross_entropy(model(inputs), labels)
        # sound: loss = loss / accumulation_steps
        loss.backward()  # named here
        if (i + 1) % accumulation_steps == 0:
            optimizer.step()  # named here
            optimizer.zero_grad()
    model.eval()
    with torch.no_grad():
        acc = sum((model(a).argmax(1) == b).sum().item() for a, b in valid_loader) / 240
    print(f'epoch {epoch}: last loss {loss.item():.4f}, valid acc {acc:.4f}')
