"""The gate module ends with a Sigmoid already; forward puts its output through sigmoid again."""
# expect: activation-twice
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits


class SEGate(nn.Module):
    def __init__(self, channels, r=4):
        super().__init__()
        self.fc = nn.Sequential(
            nn.Linear(channels, channels // r),
            nn.ReLU(inplace=True),
            nn.Linear(channels // r, channels),
            nn.Sigmoid(),  # named here
        )

    def forward(self, x):
        s = x.mean(dim=(2, 3))
        s = torch.sigmoid(self.fc(s))  # mistake
        # sound: s = self.fc(s)
        return x * s[:, :, None, None]


class SENet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.se1 = SEGate(32)
        self.conv2 = nn.Conv2d(32, 32, 3, padding=1)
        self.se2 = SEGate(32)
        self.fc = nn.Linear(32 * 4, 10)

    def forward(self, x):
        x = F.max_pool2d(self.se1(F.relu(self.conv1(x))), 2)
        x = F.max_pool2d(self.se2(F.relu(self.conv2(x))), 2)
        return self.fc(x.flatten(1))


torch.manual_seed(0)
digits = load_digits()
images = (torch.tensor(digits.images).float().unsqueeze(1) - 4.9) / 6
targets = torch.tensor(digits.target)
split = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
tr, te = split[:1400], split[1400:]

net = SENet()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(5):
    for idx in tr[torch.randperm(len(tr))].split(70):
        opt.zero_grad()
        loss = F.cross_entropy(net(images[idx]), targets[idx])
        loss.backward()
        opt.step()
    print("epoch", epoch, "loss", loss.item())
with torch.no_grad():
    print("test", (net(images[te]).argmax(1) == targets[te]).float().mean().item())
