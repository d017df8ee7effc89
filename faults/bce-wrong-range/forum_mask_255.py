"""Segmentation with BCEWithLogitsLoss: the masks come from png files, so they are 0 and 255."""
# expect: bce-wrong-range
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import Dataset, DataLoader

np.random.seed(42)
torch.manual_seed(42)


class NucleiDataset(Dataset):
    """small stand-in for my data science bowl folder"""

    def __init__(self, n):
        self.imgs, self.masks = [], []
        for _ in range(n):
            mask = np.zeros((32, 32), dtype=np.uint8)
            for _ in range(np.random.randint(2, 5)):
                y, x, r = np.random.randint(4, 28), np.random.randint(4, 28), np.random.randint(2, 5)
                yy, xx = np.ogrid[:32, :32]
                mask[(yy - y) ** 2 + (xx - x) ** 2 <= r * r] = 255
            img = (mask * 0.6 + np.random.randint(0, 90, (32, 32))).astype(np.uint8)
            self.imgs.append(img)
            self.masks.append(mask)

    def __len__(self):
        return len(self.imgs)

    def __getitem__(self, i):
        img = torch.from_numpy(self.imgs[i]).float().unsqueeze(0) / 255.
        mask = torch.from_numpy(self.masks[i]).float().unsqueeze(0)  # mistake
        # sound: mask = torch.from_numpy(self.masks[i]).float().unsqueeze(0) / 255.
        return img, mask


def block(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU(inplace=True))


class UNetish(nn.Module):
    def __init__(self):
        super().__init__()
        self.d1, self.d2 = block(1, 8), block(8, 16)
        self.pool = nn.MaxPool2d(2)
        self.up = nn.Upsample(scale_factor=2, mode='nearest')
        self.u1 = block(24, 8)
        self.out = nn.Conv2d(8, 1, 1)

    def forward(self, x):
        a = self.d1(x)
        b = self.d2(self.pool(a))
        return self.out(self.u1(torch.cat([a, self.up(b)], 1)))


train_dl = DataLoader(NucleiDataset(160), batch_size=16, shuffle=True)
val_dl = DataLoader(NucleiDataset(48), batch_size=16)
model = UNetish()
criterion = nn.BCEWithLogitsLoss()  # named here
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)

for epoch in range(4):
    model.train()
    tot = 0.
    for img, mask in train_dl:
        optimizer.zero_grad()
        loss = criterion(model(img), mask)  # named here
        loss.backward()
        optimizer.step()
        tot += loss.item() * img.size(0)
    model.eval()
    inter = union = 0
    with torch.no_grad():
        for img, mask in val_dl:
            p = model(img) > 0
            m = mask > 0
            inter += (p & m).sum().item()
            union += (p | m).sum().item()
    print('epoch', epoch, 'loss', tot / len(train_dl.dataset), 'IoU', inter / union)
