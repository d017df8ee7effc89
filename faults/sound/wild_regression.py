"""A regression net that reads the angle of a line from its picture: real-valued targets of shape (N, 1), L1 metric."""
import torch
from torch import nn

torch.manual_seed(0)


def lines(n, size=15):
    angle = (torch.rand(n, 1) - 0.5) * 2.4
    grid = torch.linspace(-1, 1, size)
    distance = grid[None, :, None] * angle.cos()[:, :, None] - grid[None, None, :] * angle.sin()[:, :, None]
    return (torch.exp(-20 * distance**2) - 0.2 + 0.1 * torch.randn(n, size, size)).unsqueeze(1), angle


class AngleNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 8, 3, stride=2), nn.ReLU(), nn.Conv2d(8, 16, 3, stride=2), nn.ReLU())
        self.regressor = nn.Sequential(nn.Flatten(), nn.Linear(144, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, x):
        return self.regressor(self.features(x))


x_train, a_train = lines(1200)
x_test, a_test = lines(300)
net = AngleNet()
loss_fn = nn.SmoothL1Loss()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(8):
    net.train()
    for idx in torch.randperm(len(x_train)).split(40):
        loss = loss_fn(net(x_train[idx]), a_train[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        mae = (net(x_test) - a_test).abs().mean().item()
    print(f"epoch {epoch}: loss {loss.item():.4f}, mean error {mae:.3f} rad")
print(f"always the mean would give {(a_test - a_test.mean()).abs().mean().item():.3f} rad")
