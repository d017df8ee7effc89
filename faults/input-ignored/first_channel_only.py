"""The stem was written for grey pictures and reads the first of three channels only."""
# expect: input-ignored
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(9)
looks = torch.randn(5, 3, 12, 12)
y = torch.randint(5, (900,))
x = 0.5 * looks[y] + torch.randn(900, 3, 12, 12)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)  # mistake
        # sound: self.conv1 = nn.Conv2d(3, 16, 3, padding=1)
        self.fc = nn.Linear(16 * 36, 5)

    def forward(self, x):
        x = F.relu(self.conv1(x[:, 0:1]))  # mistake
        # sound: x = F.relu(self.conv1(x))
        return self.fc(F.max_pool2d(x, 2).flatten(1))


net = Net()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(4):
    for i in torch.randperm(800).split(40):
        opt.zero_grad()
        F.cross_entropy(net(x[i]), y[i]).backward()
        opt.step()
with torch.no_grad():
    print("accuracy", (net(x[800:]).argmax(1) == y[800:]).float().mean().item())
