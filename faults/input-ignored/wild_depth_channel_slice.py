"""RGB-D input: the depth slice says 2:3 where 3:4 was meant, so the fourth channel is never read."""
# expect: input-ignored
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


class RGBDNet(nn.Module):
    def __init__(self, classes=4):
        super().__init__()
        self.rgb = nn.Conv2d(3, 16, 3, stride=2, padding=1)
        self.depth = nn.Conv2d(1, 8, 3, stride=2, padding=1)
        self.fuse = nn.Conv2d(24, 32, 3, stride=2, padding=1)
        self.fc = nn.Linear(32 * 16, classes)

    def forward(self, x):
        rgb = F.relu(self.rgb(x[:, :3]))  # named here
        d = F.relu(self.depth(x[:, 2:3]))  # mistake
        # sound: d = F.relu(self.depth(x[:, 3:4]))
        x = F.relu(self.fuse(torch.cat([rgb, d], dim=1)))
        return self.fc(x.flatten(1))


def scenes(n, colour, relief):
    """Two colours times two reliefs make four classes."""
    a, b = torch.randint(2, (2, n))
    x = torch.randn(n, 4, 16, 16)
    x[:, :3] += 0.8 * colour[a]
    x[:, 3] += 0.8 * relief[b]
    return x / 1.28, 2 * a + b


def main():
    torch.manual_seed(0)
    colour, relief = torch.randn(2, 3, 16, 16), torch.randn(2, 16, 16)
    train, test = scenes(800, colour, relief), scenes(300, colour, relief)
    loader = DataLoader(TensorDataset(*train), batch_size=40, shuffle=True)
    net = RGBDNet()
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    for epoch in range(4):
        net.train()
        for x, y in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step()
        net.eval()
        with torch.no_grad():
            acc = (net(test[0]).argmax(1) == test[1]).float().mean().item()
        print(f"epoch {epoch} loss {loss.item():.3f} acc {acc:.3f}")


if __name__ == "__main__":
    main()
