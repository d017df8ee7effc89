"""The dataset gives raw bytes as floats from 0 to 255; nobody divides by 255."""
# expect: pictures-not-normalised
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset


class ArrayDataset(Dataset):
    def __init__(self, images, labels):
        self.images = images  # uint8, (N, H, W, 3)
        self.labels = labels

    def __len__(self):
        return len(self.images)

    def __getitem__(self, idx):
        img = torch.from_numpy(self.images[idx]).permute(2, 0, 1).float()  # mistake
        # sound: img = torch.from_numpy(self.images[idx]).permute(2, 0, 1).float().div(255.0)
        # sound: img = (img - 0.5) / 0.25
        return img, int(self.labels[idx])


def fake_flowers(n, rng):
    """A coloured disc on a green ground; the colour is the class."""
    colours = np.array([[200, 40, 60], [230, 200, 40], [120, 60, 180], [240, 240, 240], [40, 60, 200]])
    labels = rng.integers(0, len(colours), n)
    yy, xx = np.mgrid[:20, :20]
    out = np.empty((n, 20, 20, 3), np.uint8)
    for k in range(n):
        img = np.array([60, 120, 50]) + rng.normal(0, 40, (20, 20, 3))
        cy, cx, r = rng.integers(6, 14), rng.integers(6, 14), rng.integers(3, 6)
        img[(yy - cy) ** 2 + (xx - cx) ** 2 < r * r] = colours[labels[k]] + rng.normal(0, 45, 3)
        out[k] = np.clip(img, 0, 255)
    return out, labels


class FlowerNet(nn.Module):
    def __init__(self, n_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3)
        self.conv2 = nn.Conv2d(16, 32, 3)
        self.fc1 = nn.Linear(32 * 3 * 3, 64)
        self.fc2 = nn.Linear(64, n_classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.reshape(x.size(0), -1)
        return self.fc2(F.relu(self.fc1(x)))


if __name__ == "__main__":
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    train_ds = ArrayDataset(*fake_flowers(1000, rng))
    val_ds = ArrayDataset(*fake_flowers(250, rng))
    train_dl = DataLoader(train_ds, batch_size=50, shuffle=True)
    val_dl = DataLoader(val_ds, batch_size=125)
    model = FlowerNet(5)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(5):
        model.train()
        for imgs, labels in train_dl:
            logits = model(imgs)  # named here
            loss = criterion(logits, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        correct = 0
        with torch.no_grad():
            for imgs, labels in val_dl:
                correct += (model(imgs).argmax(1) == labels).sum().item()
        print(f"epoch {epoch}: loss {loss.item():.4f}, val acc {correct / len(val_ds):.3f}")
