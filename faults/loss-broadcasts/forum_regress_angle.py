"""Predicting one number per picture: the network gives (N, 1), the targets are (N,), MSELoss only warns."""
# expect: loss-broadcasts
import math

import torch
import torch.nn as nn
import torch.optim as optim
from torch.utils.data import Dataset, DataLoader


class NeedleDataset(Dataset):
    """picture of a gauge, target = how far the needle is (0..1)"""

    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        self.t = torch.rand(n, generator=g)
        lin = torch.linspace(-1, 1, 20)
        yy, xx = torch.meshgrid(lin, lin, indexing='ij')
        a = (self.t * math.pi).view(-1, 1, 1)
        d = (xx * torch.sin(a) - yy * torch.cos(a)).abs()
        front = (xx * torch.cos(a) + yy * torch.sin(a)) > 0
        self.x = ((d < 0.15) & front).float().unsqueeze(1)
        self.x += 0.05 * torch.randn(self.x.shape, generator=g)

    def __len__(self):
        return len(self.t)

    def __getitem__(self, idx):
        return self.x[idx], self.t[idx]


class GaugeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.head = nn.Sequential(nn.Linear(16 * 25, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, x):
        return self.head(self.conv(x).flatten(1))


train_loader = DataLoader(NeedleDataset(640, 0), batch_size=32, shuffle=True)
val_loader = DataLoader(NeedleDataset(160, 1), batch_size=32)
model = GaugeNet()
criterion = nn.MSELoss()
optimizer = optim.Adam(model.parameters(), lr=1e-3)

for epoch in range(6):
    model.train()
    for images, angles in train_loader:
        preds = model(images)
        loss = criterion(preds, angles)  # mistake
        # sound: loss = criterion(preds.squeeze(1), angles)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    err = 0
    with torch.no_grad():
        for images, angles in val_loader:
            err += (model(images).squeeze(1) - angles).abs().sum().item()
    print('epoch %d, loss %.4f, mean abs error %.4f' % (epoch, loss.item(), err / 160))
