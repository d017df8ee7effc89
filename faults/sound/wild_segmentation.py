"""A tiny U-Net: cross-entropy for every pixel, an ignored border, mean intersection over union."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


class DoubleConv(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.block = nn.Sequential(
            nn.Conv2d(cin, cout, 3, padding=1, bias=False), nn.BatchNorm2d(cout), nn.ReLU(inplace=True),
            nn.Conv2d(cout, cout, 3, padding=1, bias=False), nn.BatchNorm2d(cout), nn.ReLU(inplace=True),
        )

    def forward(self, x):
        return self.block(x)


class UNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.down1, self.down2 = DoubleConv(1, 8), DoubleConv(8, 16)
        self.up = nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.conv = DoubleConv(16, 8)
        self.out = nn.Conv2d(8, classes, 1)

    def forward(self, x):
        a = self.down1(x)
        b = self.down2(F.max_pool2d(a, 2))
        return self.out(self.conv(torch.cat([a, self.up(b)], dim=1)))


def scenes(n, g):
    mask = torch.zeros(n, 16, 16, dtype=torch.long)
    for m in mask:
        for kind in (1, 2):
            r, c = torch.randint(0, 10, (2,), generator=g).tolist()
            m[r : r + 6, c : c + 6] = kind
    picture = torch.tensor([-0.6, 0.3, 1.2])[mask] + 0.4 * torch.randn(n, 16, 16, generator=g)
    mask[:, 0], mask[:, -1], mask[:, :, 0], mask[:, :, -1] = 255, 255, 255, 255
    return TensorDataset(picture.unsqueeze(1), mask)


torch.manual_seed(0)
g = torch.Generator().manual_seed(0)
train_loader = DataLoader(scenes(320, g), batch_size=16, shuffle=True)
val_loader = DataLoader(scenes(80, g), batch_size=40)
net = UNet(classes=3)
criterion = nn.CrossEntropyLoss(ignore_index=255)
optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
for epoch in range(3):
    net.train()
    for picture, mask in train_loader:
        loss = criterion(net(picture), mask)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    inter, union = torch.zeros(3), torch.zeros(3)
    with torch.no_grad():
        for picture, mask in val_loader:
            pred, valid = net(picture).argmax(1), mask != 255
            for k in range(3):
                p, t = (pred == k) & valid, (mask == k) & valid
                inter[k] += (p & t).sum()
                union[k] += (p | t).sum()
    print(f"epoch {epoch}: loss {loss.item():.3f}, IoU {[round(v, 3) for v in (inter / union).tolist()]}")
