"""A seed set in __getitem__, to be reproducible, makes the random crop the same for every picture."""
# expect: same-random-numbers
import random

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

SEED = 42


class RandomShift(Dataset):
    def __init__(self, x, y, augment=True):
        self.x, self.y, self.augment = x, y, augment

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        img = self.x[i]
        if self.augment:
            random.seed(SEED)  # mistake
            dx, dy = random.randint(-3, 3), random.randint(-3, 3)
            img = torch.roll(img, (dy, dx), (1, 2))
        return img, self.y[i]


random.seed(SEED)
torch.manual_seed(SEED)
y = torch.randint(0, 3, (300,))
x = 0.3 * torch.randn(300, 1, 20, 20)
for i in range(300):
    x[i, 0, 3 + 5 * y[i] : 7 + 5 * y[i], 5:15] += 1
loader = DataLoader(RandomShift(x, y), batch_size=30, shuffle=True)
net = nn.Sequential(nn.Conv2d(1, 8, 5), nn.ReLU(), nn.MaxPool2d(4), nn.Flatten(), nn.Linear(128, 3))
opt = torch.optim.Adam(net.parameters(), 0.005)
for epoch in range(3):
    for xb, yb in loader:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(xb), yb)
        loss.backward()
        opt.step()
    print(epoch, loss.item())
