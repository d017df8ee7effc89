"""A Linear is made anew inside forward at each call: fresh random weights every time, never trained."""
# expect: unregistered-module
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits


class LazyHeadNet(nn.Module):
    def __init__(self, in_ch=1, hidden=64):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, 16, 3)
        self.conv2 = nn.Conv2d(16, 32, 3)
        # sound: self.fc1 = nn.Linear(32 * 4 * 4, hidden)
        self.hidden = hidden
        self.out = nn.Linear(hidden, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = torch.flatten(x, 1)
        fc1 = nn.Linear(x.shape[1], self.hidden)  # mistake
        x = F.relu(fc1(x))  # mistake
        # sound: x = F.relu(self.fc1(x))
        return self.out(x)


def main():
    torch.manual_seed(0)
    d = load_digits()
    x = (torch.tensor(d.images).float()[:, None] - 4.88) / 6.02
    y = torch.tensor(d.target)
    net = LazyHeadNet()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    for epoch in range(4):
        net.train()
        running, seen = 0.0, 0
        for idx in torch.randperm(1500).split(64):
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x[idx]), y[idx])
            loss.backward()
            optimizer.step()
            running, seen = running + loss.item() * len(idx), seen + len(idx)
        net.eval()
        with torch.no_grad():
            acc = (net(x[1500:]).argmax(1) == y[1500:]).float().mean().item()
        print(f"epoch {epoch} loss {running / seen:.3f} acc {acc:.3f}")


if __name__ == "__main__":
    main()
