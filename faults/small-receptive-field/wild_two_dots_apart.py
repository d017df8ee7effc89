"""The class is how two distant dots lie, but no unit of the last map sees more than 7 of 24 pixels."""
# expect: small-receptive-field
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)


def pictures(n):
    """Two dots ten pixels apart; the class is how they lie: side by side, one above the other, or slanted."""
    steps = torch.tensor([[0, 10], [10, 0], [8, 8], [-8, 8]])
    y = torch.randint(4, (n,))
    x = 0.3 * torch.randn(n, 1, 24, 24)
    rows, cols = torch.randint(10, 12, (2, n))
    for k in range(n):
        r, c = rows[k] - steps[y[k], 0] // 2, cols[k] - steps[y[k], 1] // 2
        x[k, 0, r : r + 3, c : c + 3] += 2.5
        r, c = r + steps[y[k], 0], c + steps[y[k], 1]
        x[k, 0, r : r + 3, c : c + 3] += 2.5
    return x, y


class SmallNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 12, 3, padding=1),
            nn.ReLU(),
            # sound: nn.MaxPool2d(2),
            nn.Conv2d(12, 24, 3, padding=1),
            nn.ReLU(),
            # sound: nn.MaxPool2d(2),
            nn.Conv2d(24, 32, 3, padding=1),  # mistake
            # sound: nn.Conv2d(24, 32, 5, padding=2),
            # sound: nn.ReLU(),
            # sound: nn.Conv2d(32, 32, 5, padding=2),
            nn.ReLU(),
        )
        self.gap = nn.AdaptiveAvgPool2d(1)  # named here
        self.fc = nn.Linear(32, 4)

    def forward(self, x):
        return self.fc(self.gap(self.features(x)).flatten(1))  # named here


if __name__ == "__main__":
    train_dl = DataLoader(TensorDataset(*pictures(480)), batch_size=32, shuffle=True)
    xt, yt = pictures(200)
    net = SmallNet()
    opt = torch.optim.Adam(net.parameters(), lr=2e-3)
    ce = nn.CrossEntropyLoss()
    for epoch in range(5):
        net.train()
        for x, y in train_dl:
            opt.zero_grad()
            loss = ce(net(x), y)
            loss.backward()
            opt.step()
        net.eval()
        with torch.no_grad():
            print(epoch, round(loss.item(), 3), (net(xt).argmax(1) == yt).float().mean().item())
