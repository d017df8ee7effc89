"""Weights are drawn from a plain standard normal, so every tanh sits at minus or plus one from the first batch on."""
# expect: saturated-activations initialisation-gain vanishing-gradients
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset, random_split


class Blobs(Dataset):
    """Noisy pictures of four kinds of stripes."""

    def __init__(self, n=1600, size=16):
        g = torch.Generator().manual_seed(5)
        self.labels = torch.randint(0, 4, (n,), generator=g)
        grid = torch.arange(size).float()
        waves = torch.stack([
            torch.sin(grid)[None, :].expand(size, size),
            torch.sin(grid)[:, None].expand(size, size),
            torch.sin(grid[None, :] + grid[:, None]),
            torch.sin(grid[None, :] - grid[:, None]),
        ])
        self.pictures = waves[self.labels].unsqueeze(1) + 2.5 * torch.randn(n, 1, size, size, generator=g)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.pictures[i], self.labels[i]


def init_weights(m):
    if type(m) is nn.Linear:
        nn.init.normal_(m.weight)  # mistake
        # sound: nn.init.xavier_normal_(m.weight, gain=nn.init.calculate_gain("tanh"))
        nn.init.zeros_(m.bias)


class TanhNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(256, 256)
        self.fc2 = nn.Linear(256, 256)
        self.fc3 = nn.Linear(256, 64)
        self.fc4 = nn.Linear(64, 4)
        self.apply(init_weights)

    def forward(self, x):
        x = x.flatten(start_dim=1)
        x = torch.tanh(self.fc1(x))  # named here
        x = torch.tanh(self.fc2(x))  # named here
        x = torch.tanh(self.fc3(x))  # named here
        return self.fc4(x)


def accuracy(net, loader):
    net.eval()
    good = total = 0
    with torch.no_grad():
        for x, y in loader:
            good += (net(x).max(1)[1] == y).sum().item()
            total += y.numel()
    net.train()
    return good / total


torch.manual_seed(1)
train_set, val_set = random_split(Blobs(), [1300, 300])
train_loader = DataLoader(train_set, batch_size=50, shuffle=True)
val_loader = DataLoader(val_set, batch_size=100)
net = TanhNet()
optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
criterion = nn.CrossEntropyLoss()
for epoch in range(6):
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
    print(f"Epoch {epoch + 1}: loss {loss.item():.3f}, validation {accuracy(net, val_loader):.3f}")
