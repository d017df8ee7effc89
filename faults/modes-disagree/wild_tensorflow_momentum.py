"""BatchNorm momentum 0.999 was copied from TensorFlow as 1 - 0.999: the running statistics hardly leave their start."""
# expect: modes-disagree
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

BN_MOMENTUM = 1 - 0.999  # mistake
# sound: BN_MOMENTUM = 0.1
BN_EPS = 1e-3


class ConvBnAct(nn.Module):
    def __init__(self, cin, cout, k=3, s=1):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, k, s, k // 2, bias=False)
        self.bn = nn.BatchNorm2d(cout, eps=BN_EPS, momentum=BN_MOMENTUM)  # named here
        self.act = nn.SiLU()

    def forward(self, x):
        return self.act(self.bn(self.conv(x)))


class TinyPort(nn.Module):
    def __init__(self, num_classes=6):
        super().__init__()
        self.stem = ConvBnAct(3, 16)
        self.stage1 = ConvBnAct(16, 24, s=2)
        self.stage2 = ConvBnAct(24, 32, s=2)
        self.fc = nn.Linear(32, num_classes)

    def forward(self, x):
        x = self.stage2(self.stage1(self.stem(x)))
        return self.fc(x.mean((2, 3)))


def synthetic(n, kinds, generator):
    y = torch.randint(0, len(kinds), (n,), generator=generator)
    x = 2.0 * kinds[y] + torch.randn(n, 3, 16, 16, generator=generator)
    return TensorDataset((0.5 + 0.12 * x).clamp(0, 1), y)


def train_one_epoch(model, loader, optimizer, criterion):
    model.train()
    correct = 0
    for x, y in loader:
        optimizer.zero_grad()
        out = model(x)
        criterion(out, y).backward()
        optimizer.step()
        correct += (out.argmax(1) == y).sum().item()
    return correct / len(loader.dataset)


@torch.no_grad()
def evaluate(model, loader):
    model.eval()  # named here
    return sum((model(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)


torch.manual_seed(21)
g = torch.Generator().manual_seed(21)
kinds = nn.functional.interpolate(torch.randn(6, 3, 5, 5, generator=g), size=16, mode="bicubic")
train_loader = DataLoader(synthetic(960, kinds, g), batch_size=64, shuffle=True)
val_loader = DataLoader(synthetic(240, kinds, g), batch_size=120)
net = TinyPort()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, nesterov=True)
criterion = nn.CrossEntropyLoss()
for epoch in range(3):
    tr = train_one_epoch(net, train_loader, optimizer, criterion)
    va = evaluate(net, val_loader)
    print(f"epoch {epoch} | train acc {tr:.3f} | val acc {va:.3f}")
