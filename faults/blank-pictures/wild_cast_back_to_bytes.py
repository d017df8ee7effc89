"""The pictures are divided by 255 and then cast back to uint8: 0.7 becomes 0, and every picture is black."""
# expect: blank-pictures
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset


class Windows(Dataset):
    """House fronts with 1, 2, 3 or 4 lit windows as uint8 arrays."""

    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        self.y = rng.integers(0, 4, n)
        self.x = rng.integers(0, 90, (n, 16, 16)).astype(np.uint8)
        for pic, k in zip(self.x, self.y):
            for place in range(k + 1):
                r, c = 2 + 8 * (place // 2), 2 + 8 * (place % 2)
                pic[r : r + 4, c : c + 4] = rng.integers(170, 250)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        picture = torch.tensor(self.x[i] / 255, dtype=torch.uint8)  # mistake
        # sound: picture = torch.tensor(self.x[i] / 255, dtype=torch.float32)
        return picture[None], torch.tensor(self.y[i])


torch.manual_seed(0)
train_loader = DataLoader(Windows(600, 0), batch_size=30, shuffle=True)
test_loader = DataLoader(Windows(200, 1), batch_size=100)
model = nn.Sequential(nn.Conv2d(1, 8, 4, stride=4), nn.ReLU(), nn.Flatten(), nn.Linear(128, 4))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(5):
    for images, labels in train_loader:
        images = images.float()
        optimizer.zero_grad()
        loss = criterion(model(images), labels)  # named here
        loss.backward()
        optimizer.step()
    hits = 0
    with torch.no_grad():
        for images, labels in test_loader:
            hits += (model(images.float()).argmax(dim=1) == labels).sum().item()
    print(f"epoch {epoch}: loss {loss.item():.3f}, accuracy {hits / 200:.3f}")
