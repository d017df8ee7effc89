"""The csv has labels 1 to 5 and CrossEntropyLoss wanted smaller ones, so I made the output layer 6 wide."""
# expect: label-out-of-range outputs-not-classes
import torch
import torch.nn as nn
from torch.utils.data import Dataset, DataLoader

torch.manual_seed(3)
look = torch.randn(5, 3, 12, 12)


class CsvDataset(Dataset):
    def __init__(self, n):
        c = torch.randint(0, 5, (n,))
        self.pictures = look[c] * 0.7 + torch.randn(n, 3, 12, 12)
        self.rows = [('img_%04d.png' % i, int(k) + 1) for i, k in enumerate(c)]  # label column is 1..5

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        name, label = self.rows[i]
        return self.pictures[i], label  # mistake
        # sound: return self.pictures[i], label - 1


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU(), nn.MaxPool2d(2))
        self.fc = nn.Linear(16 * 25, 6)  # mistake
        # sound: self.fc = nn.Linear(16 * 25, 5)

    def forward(self, x):
        return self.fc(torch.flatten(self.conv(x), 1))


train_loader = DataLoader(CsvDataset(600), batch_size=30, shuffle=True)
test_loader = DataLoader(CsvDataset(150), batch_size=30)
model = Model()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(5):
    model.train()
    for images, labels in train_loader:  # named here
        loss = criterion(model(images), labels)  # named here
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        good = sum((model(i).argmax(1) == l).sum().item() for i, l in test_loader)
    print(epoch, loss.item(), good / 150)
