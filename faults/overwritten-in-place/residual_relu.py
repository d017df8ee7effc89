"""`x += shortcut` after a sigmoid whose result its gradient needs."""
# expect: overwritten-in-place
import torch
from torch import nn


class Gate(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv = nn.Conv2d(c, c, 3, padding=1)

    def forward(self, x):
        g = torch.sigmoid(self.conv(x))
        g += x  # mistake
        # sound: g = g + x
        return g


net = nn.Sequential(nn.Conv2d(1, 8, 3), Gate(8), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(128, 2))
torch.manual_seed(0)
images = torch.randn(64, 1, 12, 12)
labels = (images.mean((1, 2, 3)) > 0).long()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for _ in range(30):
    loss = nn.functional.cross_entropy(net(images), labels)
    opt.zero_grad()
    loss.backward()
    opt.step()
print(loss.item())
