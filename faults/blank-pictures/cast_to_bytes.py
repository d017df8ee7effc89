"""Pixels of 0 to 1 are turned into whole numbers: nearly everything becomes 0."""
# expect: blank-pictures
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Stripes(Dataset):
    def __init__(self, n=300):
        rng = np.random.default_rng(1)
        self.labels = rng.integers(0, 3, n)
        self.images = rng.integers(0, 90, (n, 24, 24), dtype=np.uint8)
        for image, label in zip(self.images, self.labels):
            image[:, 8 * label : 8 * label + 8] += 150

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):  # named here
        image = self.images[i] / 255
        image = image.astype(np.uint8)  # mistake
        # sound: image = image.astype(np.float32)
        return torch.tensor(image[None], dtype=torch.float32), torch.tensor(self.labels[i])


torch.manual_seed(0)
loader = DataLoader(Stripes(), batch_size=30, shuffle=True)  # named here
net = nn.Sequential(nn.Conv2d(1, 8, 3, 2), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 121, 3))
optimizer = torch.optim.Adam(net.parameters(), lr=0.002)
for epoch in range(3):
    hits = 0
    for x, y in loader:
        out = net(x)
        loss = nn.functional.cross_entropy(out, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        hits += (out.argmax(1) == y).sum().item()
    print(epoch, hits / 300)
