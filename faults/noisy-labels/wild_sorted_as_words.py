"""File names are sorted as words (10 before 2) while the label list counts up: a good part of the labels moves."""
# expect: noisy-labels
import json
import os
import tempfile

import numpy as np
import torch
import torch.nn as nn
from PIL import Image
from torch.utils.data import DataLoader, Dataset, Subset


class FolderWithJson(Dataset):
    """img_0.png, img_1.png, ... and labels.json with the labels in that order."""

    def __init__(self, root):
        names = [n for n in os.listdir(root) if n.endswith(".png")]
        self.names = sorted(names)  # mistake
        # sound: self.names = sorted(names, key=lambda n: int(n[4:-4]))
        with open(os.path.join(root, "labels.json")) as f:
            self.labels = json.load(f)
        self.pictures = [np.array(Image.open(os.path.join(root, n))) for n in self.names]

    def __len__(self):
        return len(self.names)

    def __getitem__(self, i):
        x = torch.from_numpy(self.pictures[i]).float().unsqueeze(0) / 255
        return (x - 0.5) / 0.25, self.labels[i]  # named here


def write(root, n, rng):
    yy, xx = np.mgrid[:14, :14]
    kinds = [np.hypot(yy - 7, xx - 7) < 5, abs(yy - xx) < 3, (yy // 3) % 2 == 0, (abs(yy - 7) < 2) | (abs(xx - 7) < 2)]
    labels = []
    for i in range(n):
        # the pictures were taken in long series of one kind, so neighbours often agree
        labels.append(int(i // 4 % 4) if rng.random() < 0.7 else int(rng.integers(4)))
        a = 70 + 110 * kinds[labels[-1]] + rng.normal(0, 40, (14, 14))
        Image.fromarray(a.clip(0, 255).astype(np.uint8)).save(os.path.join(root, f"img_{i}.png"))
    with open(os.path.join(root, "labels.json"), "w") as f:
        json.dump(labels, f)


torch.manual_seed(0)
with tempfile.TemporaryDirectory() as folder:
    write(folder, 700, np.random.default_rng(0))
    dataset = FolderWithJson(folder)
picked = torch.randperm(len(dataset)).tolist()
train_loader = DataLoader(Subset(dataset, picked[:550]), batch_size=25, shuffle=True)
val_loader = DataLoader(Subset(dataset, picked[550:]), batch_size=75)
model = nn.Sequential(nn.Flatten(), nn.Linear(196, 64), nn.ReLU(), nn.Linear(64, 4))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(8):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hits = sum((model(x).argmax(1) == y).sum().item() for x, y in val_loader)
    print(f"epoch {epoch} loss {loss.item():.3f} val {hits / 150:.3f}")
