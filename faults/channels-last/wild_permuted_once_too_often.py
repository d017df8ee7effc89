"""ToTensor gives channels first already; forward permutes once more and the width is taken for the channels."""
# expect: channels-last
import os
import tempfile

import numpy as np
import torch
import torch.nn as nn
from PIL import Image
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder


class RoadSignNet(nn.Module):
    def __init__(self, side=24, n_classes=3):
        super().__init__()
        # input channels "found out" by printing x.shape[1]
        self.conv1 = nn.Conv2d(side, 24, kernel_size=3, padding=1)  # mistake
        self.head = nn.Linear(24 * 3 * side, n_classes)  # mistake
        # sound: self.conv1 = nn.Conv2d(3, 24, kernel_size=3, stride=2)
        # sound: self.head = nn.Linear(24 * 11 * 11, n_classes)
        self.relu = nn.ReLU()

    def forward(self, x):
        x = x.permute(0, 3, 1, 2)  # mistake
        x = self.relu(self.conv1(x))  # named here
        return self.head(x.flatten(1))


def write_pictures(root, per_class, rng):
    for name, colour in (("stop", (200, 50, 50)), ("go", (60, 190, 80)), ("wait", (210, 190, 60))):
        os.makedirs(os.path.join(root, name))
        for i in range(per_class):
            a = rng.normal(120, 50, (24, 24, 3))
            r, c = rng.integers(0, 10, 2)
            a[r : r + 14, c : c + 14] = 0.5 * a[r : r + 14, c : c + 14] + 0.5 * np.array(colour)
            Image.fromarray(a.clip(0, 255).astype(np.uint8)).save(os.path.join(root, name, f"{i}.png"))


def main():
    torch.manual_seed(0)
    rng = np.random.default_rng(3)
    tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize([0.5] * 3, [0.25] * 3)])
    with tempfile.TemporaryDirectory() as root:
        write_pictures(os.path.join(root, "train"), 90, rng)
        write_pictures(os.path.join(root, "val"), 30, rng)
        train_ds = ImageFolder(os.path.join(root, "train"), tf)
        val_ds = ImageFolder(os.path.join(root, "val"), tf)
        train_loader = DataLoader(train_ds, batch_size=27, shuffle=True)
        val_loader = DataLoader(val_ds, batch_size=30)
        model = RoadSignNet(n_classes=len(train_ds.classes))
        criterion = nn.CrossEntropyLoss()
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        for epoch in range(5):
            model.train()
            for images, labels in train_loader:
                optimizer.zero_grad()
                loss = criterion(model(images), labels)  # named here
                loss.backward()
                optimizer.step()
            model.eval()
            with torch.no_grad():
                good = sum((model(images).argmax(1) == labels).sum().item() for images, labels in val_loader)
            print(f"epoch {epoch}: loss {loss.item():.3f}, val acc {good / len(val_ds):.2f}")


if __name__ == "__main__":
    main()
