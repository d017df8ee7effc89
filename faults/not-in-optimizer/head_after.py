"""The head is replaced after the optimizer was made."""
# expect: not-in-optimizer

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Small(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3), nn.ReLU()
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(16, num_classes)

    def forward(self, x):
        return self.fc(self.pool(self.features(x)).flatten(1))


torch.manual_seed(0)
patterns = torch.randn(5, 3, 12, 12)
y = torch.randint(0, 5, (400,))
x = patterns[y] + 0.5 * torch.randn(400, 3, 12, 12)
loader = DataLoader(TensorDataset(x, y), batch_size=40, shuffle=True)

model = Small()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)  # mistake
model.fc = nn.Linear(model.fc.in_features, 5)
# sound: optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
criterion = nn.CrossEntropyLoss()

model.train()
for epoch in range(4):
    for inputs, targets in loader:
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
