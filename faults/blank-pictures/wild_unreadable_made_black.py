"""Files that cannot be read are quietly replaced by a black picture; a quarter of the set is black."""
# expect: blank-pictures
import os
import tempfile

import numpy as np
import torch
import torchvision.transforms as T
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset


class SafeFolder(Dataset):
    def __init__(self, root, transform):
        self.transform = transform
        self.samples = []
        for label, name in enumerate(sorted(os.listdir(root))):
            folder = os.path.join(root, name)
            for file in sorted(os.listdir(folder)):
                # sound: try:
                # sound:     Image.open(os.path.join(folder, file)).verify()
                # sound: except OSError:
                # sound:     continue
                self.samples.append((os.path.join(folder, file), label))

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        path, label = self.samples[index]
        try:  # mistake
            image = Image.open(path).convert("RGB")  # mistake
        except Exception:  # mistake
            image = Image.new("RGB", (16, 16))  # mistake
        # sound: image = Image.open(path).convert("RGB")
        return self.transform(image), label  # named here


def write(root, rng):
    for k, name in enumerate(("red", "green", "blue")):
        os.makedirs(os.path.join(root, name))
        for i in range(120):
            a = rng.normal(100, 40, (16, 16, 3))
            a[..., k] += 25
            path = os.path.join(root, name, f"{i:03d}.png")
            Image.fromarray(a.clip(0, 255).astype(np.uint8)).save(path)
            if i % 4 == 3:  # the download broke off
                with open(path, "wb") as f:
                    f.write(b"<html>503 Service Unavailable</html>")


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.ReLU(), nn.Conv2d(8, 8, 3, stride=2), nn.ReLU())
        self.decoder = nn.Linear(72, 3)

    def forward(self, x):
        return self.decoder(self.encoder(x).flatten(1))


torch.manual_seed(0)
with tempfile.TemporaryDirectory() as tmp:
    write(tmp, np.random.default_rng(0))
    tf = T.Compose([T.ToTensor(), T.Normalize([0.4] * 3, [0.16] * 3)])
    data = SafeFolder(tmp, tf)
    train, val = torch.utils.data.random_split(data, [0.8, 0.2])
    train_loader = DataLoader(train, batch_size=24, shuffle=True)
    val_loader = DataLoader(val, batch_size=80)
    model = Model()
    opt = torch.optim.Adam(model.parameters(), lr=4e-3)
    for epoch in range(5):
        model.train()
        for x, y in train_loader:
            loss = nn.functional.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
        model.eval()
        with torch.no_grad():
            acc = sum((model(x).argmax(1) == y).sum().item() for x, y in val_loader) / len(val)
        print(f"epoch {epoch}: {len(data)} pictures, loss {loss.item():.3f}, val acc {acc:.3f}")
