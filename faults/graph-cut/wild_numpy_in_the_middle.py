"""Features take a turn through numpy in forward, so the convolutions before it never get a gradient."""
# expect: graph-cut
import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from sklearn.datasets import load_digits


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)  # named here
        self.conv2 = nn.Conv2d(16, 16, 3, padding=1)  # named here
        self.fc1 = nn.Linear(16 * 4, 64)
        self.fc2 = nn.Linear(64, 10)

    def quadrant_means(self, maps):
        a = maps.detach().numpy()  # mistake
        q = [a[:, :, r : r + 4, c : c + 4].mean(axis=(2, 3)) for r in (0, 4) for c in (0, 4)]  # mistake
        return torch.from_numpy(np.concatenate(q, axis=1))  # mistake
        # sound: q = [maps[:, :, r : r + 4, c : c + 4].mean(dim=(2, 3)) for r in (0, 4) for c in (0, 4)]
        # sound: return torch.cat(q, dim=1)

    def forward(self, x):
        x = torch.relu(self.conv1(x))
        x = torch.relu(self.conv2(x))
        x = self.quadrant_means(x)  # named here
        x = torch.relu(self.fc1(x))
        return self.fc2(x)


torch.manual_seed(0)
digits = load_digits()
x = ((torch.tensor(digits.images, dtype=torch.float32) - 4.88) / 6.02).unsqueeze(1)
y = torch.tensor(digits.target)
net = Net()
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(net.parameters(), lr=0.003)
for epoch in range(5):
    order = torch.randperm(1500)
    for i in range(0, 1500, 50):
        inputs, labels = x[order[i : i + 50]], y[order[i : i + 50]]
        optimizer.zero_grad()
        loss = criterion(net(inputs), labels)
        loss.backward()  # named here
        optimizer.step()
    print("epoch", epoch + 1, "loss", loss.item())
with torch.no_grad():
    print("accuracy", (net(x[1500:]).argmax(1) == y[1500:]).float().mean().item())
