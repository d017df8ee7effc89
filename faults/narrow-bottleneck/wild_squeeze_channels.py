"""The channel counts run the wrong way: four averaged channels are left for twelve kinds of sign."""
# expect: narrow-bottleneck
import argparse

import torch
import torch.nn.functional as F
from torch import nn


class SignNet(nn.Module):
    def __init__(self, widths, num_classes):
        super().__init__()
        layers, c_in = [], 3
        for c_out in widths:
            layers += [
                nn.Conv2d(c_in, c_out, kernel_size=3, padding=1, bias=False),
                nn.BatchNorm2d(c_out),
                nn.ReLU(inplace=True),
                nn.MaxPool2d(2),
            ]
            c_in = c_out
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(c_in, num_classes)  # named here

    def forward(self, x):
        x = self.body(x)
        x = F.adaptive_avg_pool2d(x, 1).flatten(1)
        return self.head(x)


def make_signs(n, templates, generator):
    labels = torch.randint(len(templates), (n,), generator=generator)
    pictures = templates[labels] + 1.8 * torch.randn(n, *templates.shape[1:], generator=generator)
    return (pictures - pictures.mean()) / pictures.std(), labels


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--lr", type=float, default=0.05)
    args = parser.parse_args()

    torch.manual_seed(0)
    g = torch.Generator().manual_seed(1)
    templates = F.interpolate(torch.randn(12, 3, 8, 8, generator=g), scale_factor=2)
    train_x, train_y = make_signs(960, templates, g)
    val_x, val_y = make_signs(240, templates, g)

    net = SignNet([32, 16, 4], num_classes=12)  # mistake
    # sound: net = SignNet([16, 32, 48], num_classes=12)
    opt = torch.optim.SGD(net.parameters(), lr=args.lr, momentum=0.9)
    for epoch in range(args.epochs):
        net.train()
        for idx in torch.randperm(len(train_x)).split(48):
            opt.zero_grad()
            loss = F.cross_entropy(net(train_x[idx]), train_y[idx])
            loss.backward()
            opt.step()
        net.eval()
        with torch.no_grad():
            hits = (net(val_x).argmax(1) == val_y).sum().item()
        print(f"epoch {epoch}: val acc {hits / len(val_y):.3f}")


if __name__ == "__main__":
    main()
