"""Adam with lr=0.1, a number that is usual for SGD: a small conv net hardly learns."""
# expect: learning-rate-too-high dead-relus
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc1 = nn.Linear(128, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.view(-1, 128)))
        return self.fc2(x)


d = load_digits()
images = (torch.tensor(d.images, dtype=torch.float32).unsqueeze(1) / 16 - 0.305) / 0.376
labels = torch.tensor(d.target)
p = torch.randperm(len(labels))
train_loader = DataLoader(TensorDataset(images[p[:1400]], labels[p[:1400]]), batch_size=50, shuffle=True)
x_test, y_test = images[p[1400:]], labels[p[1400:]]

net = Net()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=0.1)  # mistake
# sound: optimizer = torch.optim.Adam(net.parameters(), lr=0.002)

for epoch in range(5):
    running_loss = 0.0
    for i, (x, y) in enumerate(train_loader):
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
    print(f"[{epoch + 1}] loss: {running_loss / len(train_loader):.3f}")
with torch.no_grad():
    print("test accuracy", (net(x_test).argmax(1) == y_test).float().mean().item())
