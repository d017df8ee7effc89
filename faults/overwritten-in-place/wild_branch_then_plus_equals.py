"""The main branch is added to with += after a second branch has read it: backward stops with an error."""
# expect: overwritten-in-place
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits


class TwoBranch(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 24, 3, padding=1)
        self.side = nn.Conv2d(24, 24, 1)
        self.extra = nn.Conv2d(24, 24, 3, padding=1)
        self.fc = nn.Linear(48 * 16, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        p = F.relu(self.side(x))  # named here
        x += self.extra(p)  # mistake
        # sound: x = x + self.extra(p)
        x = F.max_pool2d(torch.cat([x, p], dim=1), 2)
        return self.fc(x.flatten(1))


torch.manual_seed(0)
digits = load_digits()
X = (torch.tensor(digits.images).float().unsqueeze(1) - 4.88) / 6.02
Y = torch.tensor(digits.target)
net = TwoBranch()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(3):
    for idx in torch.randperm(1500).split(75):
        loss = F.cross_entropy(net(X[idx]), Y[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("epoch", epoch, "loss", loss.item())
with torch.no_grad():
    print("accuracy", (net(X[1500:]).argmax(1) == Y[1500:]).float().mean().item())
