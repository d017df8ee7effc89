"""An ImageFolder lists its files class by class, and the loader does not shuffle them."""
# expect: not-shuffled
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder

with tempfile.TemporaryDirectory() as folder:
    rng = np.random.default_rng(5)
    for label, name in enumerate(("circle", "cross", "empty", "line")):
        (Path(folder) / name).mkdir()
        for number in range(50):
            pixels = rng.integers(0, 100, (20, 20, 3), dtype=np.uint8)
            pixels[5 * label : 5 * label + 5] += 140
            Image.fromarray(pixels).save(Path(folder) / name / f"{number:03}.png")

    torch.manual_seed(0)
    tfm = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,) * 3, (0.5,) * 3)])
    train_ds = ImageFolder(folder, transform=tfm)
    train_dl = DataLoader(train_ds, batch_size=20)  # mistake
    # sound: train_dl = DataLoader(train_ds, batch_size=20, shuffle=True)
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8 * 81, 4))
    opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for epoch in range(3):
        losses = []
        for xb, yb in train_dl:
            loss = nn.functional.cross_entropy(model(xb), yb)
            loss.backward()
            opt.step()
            opt.zero_grad()
            losses.append(loss.item())
        print(f"epoch {epoch}: first {losses[0]:.3f}, last {losses[-1]:.3f}")
