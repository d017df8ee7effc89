"""F.dropout is given its rate but not the mode, so it drops in evaluation too."""
# expect: dropout-in-eval
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(10)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16 - 0.3
labels = torch.tensor(digits.target)
perm = torch.randperm(len(images))
images, labels = images[perm], labels[perm]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3, padding=1)
        self.fc1 = nn.Linear(256, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        x = F.dropout(x, 0.4)  # mistake
        # sound: x = F.dropout(x, 0.4, training=self.training)
        return self.fc2(x)


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(4):
    net.train()
    for i in range(0, 1400, 70):
        optimizer.zero_grad()
        F.cross_entropy(net(images[i : i + 70]), labels[i : i + 70]).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        print(epoch, (net(images[1400:]).argmax(1) == labels[1400:]).float().mean().item())
