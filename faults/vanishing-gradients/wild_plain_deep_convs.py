"""Eighteen plain convolutions without shortcuts or normalisation; the first ones get almost no gradient."""
# expect: vanishing-gradients initialisation-gain
import torch
from torch import nn
from torch.nn import functional as F


class Layer(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        return F.relu(self.conv(x))  # mistake
        # sound: return x + F.relu(self.conv(x))


class DeepNet(nn.Module):
    def __init__(self, depth=18, channels=12, classes=4):
        super().__init__()
        self.stem = nn.Conv2d(1, channels, 3, stride=2, padding=1)
        self.layers = nn.ModuleList(Layer(channels) for _ in range(depth))
        self.fc = nn.Linear(channels * 36, classes)

    def forward(self, x):
        x = F.relu(self.stem(x))
        for layer in self.layers:
            x = layer(x)
        return self.fc(x.flatten(1))


def main():
    torch.manual_seed(0)
    symbols = torch.randn(4, 1, 12, 12)
    y = torch.randint(4, (640,))
    x = (symbols[y] + torch.randn(640, 1, 12, 12)) / 2**0.5
    net = DeepNet()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    for epoch in range(4):
        for idx in torch.randperm(480).split(24):
            loss = F.cross_entropy(net(x[idx]), y[idx])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        first = net.layers[0].conv.weight.grad.norm().item()
        last = net.layers[-1].conv.weight.grad.norm().item()
        print(f"epoch {epoch} loss {loss.item():.3f} gradient first {first:.1e} last {last:.1e}")
    with torch.no_grad():
        print("accuracy", (net(x[480:]).argmax(1) == y[480:]).float().mean().item())


if __name__ == "__main__":
    main()
