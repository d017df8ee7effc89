"""One self.bn serves after both convolutions, though their outputs have quite different scales."""
# expect: batchnorm-shared
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


class CNN(nn.Module):
    def __init__(self):
        super(CNN, self).__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(32, 32, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(32)  # named here
        # sound: self.bn2 = nn.BatchNorm2d(32)
        self.pool = nn.MaxPool2d(2, 2)
        self.fc = nn.Linear(32 * 4, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.bn(self.conv1(x))))  # named here
        x = self.pool(F.relu(self.bn(self.conv2(x))))  # mistake
        # sound: x = self.pool(F.relu(self.bn2(self.conv2(x))))
        return self.fc(x.view(-1, 32 * 4))


torch.manual_seed(0)
digits = load_digits()
images = (torch.tensor(digits.images).float().unsqueeze(1) - 4.88) / 6.02
targets = torch.tensor(digits.target)
train_loader = DataLoader(TensorDataset(images[:1500], targets[:1500]), batch_size=50, shuffle=True)
model = CNN()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(3):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        acc = (model(images[1500:]).argmax(1) == targets[1500:]).float().mean()
    print(f"epoch {epoch}: train loss {loss.item():.3f}, test acc {acc.item():.3f}")
