"""The head is drawn a hundred times too large, so training starts from a loss in the dozens."""
# expect: initial-loss initialisation-gain
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(0)
d = load_digits()
x = torch.tensor(d.images, dtype=torch.float32)[:, None] / 16
y = torch.tensor(d.target)


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 16, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(16)
        self.c2 = nn.Conv2d(16, 32, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(32)
        self.head = nn.Linear(32, 10)
        nn.init.normal_(self.head.weight, std=15.0)  # mistake
        # sound: nn.init.normal_(self.head.weight, std=0.01)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.c1(x))), 2)
        x = F.relu(self.bn2(self.c2(x)))
        return self.head(x.mean((2, 3)))


net = ConvNet()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for step in range(60):
    i = torch.randint(0, len(x), (64,))
    loss = F.cross_entropy(net(x[i]), y[i])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item())
