"""Conv, BatchNorm, Conv, BatchNorm ... I built the blocks by hand and left the activation out of them."""
# expect: no-nonlinearity
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(3)


class ConvBlock(nn.Module):
    def __init__(self, cin, cout, stride=1):
        super(ConvBlock, self).__init__()
        self.conv = nn.Conv2d(cin, cout, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(cout)

    def forward(self, x):
        return self.bn(self.conv(x))  # mistake
        # sound: return F.relu(self.bn(self.conv(x)))


class SmallVGG(nn.Module):
    def __init__(self, num_classes=5):
        super(SmallVGG, self).__init__()
        self.block1 = ConvBlock(3, 16)
        self.block2 = ConvBlock(16, 32, stride=2)  # named here
        self.block3 = ConvBlock(32, 32, stride=2)  # named here
        self.gap = nn.AdaptiveAvgPool2d((1, 1))
        self.classifier = nn.Linear(32, num_classes)

    def forward(self, x):
        x = self.block1(x)
        x = self.block2(x)  # named here
        x = self.block3(x)  # named here
        x = self.gap(x)
        x = x.view(x.size(0), -1)
        return self.classifier(x)  # named here


def make_data(n):
    """5 kinds of texture"""
    t = torch.randint(0, 5, (n,))
    yy, xx = torch.meshgrid(torch.arange(24.), torch.arange(24.), indexing='ij')
    waves = torch.stack([torch.sin(xx), torch.sin(yy), torch.sin(xx / 2) * torch.sin(yy / 2),
                         torch.sin((xx + yy) * 0.7), torch.sign(torch.sin(xx * 0.6 - yy * 0.9))])
    x = waves[t].unsqueeze(1).repeat(1, 3, 1, 1) * (torch.rand(n, 1, 1, 1) + 0.3)
    return x + 0.7 * torch.randn(n, 3, 24, 24), t


trX, trY = make_data(640)
vaX, vaY = make_data(200)
net = SmallVGG()
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
criterion = nn.CrossEntropyLoss()
for ep in range(4):
    net.train()
    order = torch.randperm(640)
    for b in order.split(64):
        out = net(trX[b])
        loss = criterion(out, trY[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        out = net(vaX)
        print('ep', ep, 'train', loss.item(), 'val', F.cross_entropy(out, vaY).item(),
              'acc', (out.argmax(1) == vaY).float().mean().item())
