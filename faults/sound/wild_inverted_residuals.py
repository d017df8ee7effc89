"""Sound: MobileNetV2 blocks, whose projection has no activation on purpose, with a skip around it."""
import torch
import torch.nn as nn


class InvertedResidual(nn.Module):
    def __init__(self, inp, oup, stride, expand):
        super().__init__()
        hidden = inp * expand
        self.use_res = stride == 1 and inp == oup
        self.conv = nn.Sequential(
            nn.Conv2d(inp, hidden, 1, bias=False),
            nn.BatchNorm2d(hidden),
            nn.ReLU6(inplace=True),
            nn.Conv2d(hidden, hidden, 3, stride, 1, groups=hidden, bias=False),
            nn.BatchNorm2d(hidden),
            nn.ReLU6(inplace=True),
            nn.Conv2d(hidden, oup, 1, bias=False),  # linear
            nn.BatchNorm2d(oup),
        )

    def forward(self, x):
        return x + self.conv(x) if self.use_res else self.conv(x)


class MobileNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 12, 3, 1, 1, bias=False), nn.BatchNorm2d(12), nn.ReLU6(inplace=True)
        )
        self.blocks = nn.Sequential(
            InvertedResidual(12, 16, 2, 2),
            InvertedResidual(16, 16, 1, 3),
            InvertedResidual(16, 24, 2, 3),
            InvertedResidual(24, 24, 1, 3),
        )
        self.last = nn.Sequential(
            nn.Conv2d(24, 64, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU6(inplace=True)
        )
        self.classifier = nn.Sequential(nn.Dropout(0.1), nn.Linear(64, classes))

    def forward(self, x):
        x = self.last(self.blocks(self.stem(x)))
        return self.classifier(x.mean([2, 3]))


if __name__ == "__main__":
    torch.manual_seed(4)
    proto = nn.functional.interpolate(torch.randn(5, 3, 4, 4), size=16, mode="bilinear")
    y = torch.randint(5, (800,))
    x = proto[y] + 0.5 * torch.randn(800, 3, 16, 16)
    x = (x - x[:600].mean()) / x[:600].std()
    model = MobileNet(5)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    loss_fn = nn.CrossEntropyLoss()
    for epoch in range(3):
        model.train()
        for i in torch.randperm(600).split(30):
            optimizer.zero_grad()
            loss = loss_fn(model(x[i]), y[i])
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            acc = (model(x[600:]).argmax(1) == y[600:]).float().mean().item()
        print(f"epoch {epoch} loss {loss.item():.3f} acc {acc:.3f}")
