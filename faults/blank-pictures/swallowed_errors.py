"""Files that cannot be read are replaced by black pictures without a word."""
# expect: blank-pictures
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms.functional import to_tensor


class PhotoFolder(Dataset):
    def __init__(self, root):
        self.files = sorted(Path(root).glob("*.png"))
        # sound: self.files = [f for f in self.files if f.stat().st_size > 20]

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):  # named here
        path = self.files[i]
        label = int(path.stem.split("_")[0])
        try:
            image = to_tensor(Image.open(path).convert("RGB"))
        except Exception:  # named here
            image = torch.zeros(3, 24, 24)  # mistake
            # sound: raise
        return image, label


with tempfile.TemporaryDirectory() as root:
    rng = np.random.default_rng(0)
    for i in range(150):
        label = i % 3
        pixels = rng.integers(0, 120, (24, 24, 3), dtype=np.uint8)
        pixels[:, :, label] += 120
        Image.fromarray(pixels).save(f"{root}/{label}_{i}.png")
        if i % 7 == 0:
            Path(f"{root}/{label}_{i}.png").write_bytes(b"not found")

    torch.manual_seed(0)
    loader = DataLoader(PhotoFolder(root), batch_size=25, shuffle=True)
    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3))
    opt = torch.optim.Adam(net.parameters(), lr=0.02)
    for epoch in range(3):
        for x, y in loader:
            opt.zero_grad()
            loss = nn.functional.cross_entropy(net(x), y)
            loss.backward()
            opt.step()
        print(epoch, loss.item())
