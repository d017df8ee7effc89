"""Sigmoid at the end of the net and BCEWithLogitsLoss after it: the sigmoid is taken twice."""
# expect: bce-wrong-range
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset


class BlobDataset(Dataset):
    """Pictures with a bright blob (1) or with noise only (0)."""

    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        self.labels = torch.randint(0, 2, (n,), generator=g).float()
        self.images = torch.randn(n, 1, 20, 20, generator=g)
        for i in range(n):
            if self.labels[i] == 1:
                r, c = torch.randint(0, 15, (2,), generator=g).tolist()
                self.images[i, 0, r : r + 5, c : c + 5] += 2.0

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return self.images[index], self.labels[index]


class BlobNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 16, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(4),
            nn.Conv2d(16, 16, 3, padding=1),
            nn.ReLU(),
        )
        self.fc = nn.Linear(16 * 25, 1)
        self.sigmoid = nn.Sigmoid()  # mistake

    def forward(self, x):
        x = self.body(x).flatten(1)
        return self.sigmoid(self.fc(x)).squeeze(1)  # mistake
        # sound: return self.fc(x).squeeze(1)


torch.manual_seed(0)
train_loader = DataLoader(BlobDataset(600, 1), batch_size=30, shuffle=True)
test_loader = DataLoader(BlobDataset(200, 2), batch_size=100)
net = BlobNet()
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)

for epoch in range(4):
    net.train()
    losses = []
    for images, labels in train_loader:
        optimizer.zero_grad()
        loss = criterion(net(images), labels)  # named here
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print(f"epoch {epoch} train loss {sum(losses) / len(losses):.4f}")

net.eval()
right = 0
with torch.no_grad():
    for images, labels in test_loader:
        pred = (net(images) > 0.5).float()  # mistake
        # sound: pred = (net(images) > 0).float()
        right += (pred == labels).sum().item()
print("test accuracy", right / 200)
