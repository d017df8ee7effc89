"""Training pictures are read as RGB, the test pictures as an OpenCV-like reader gives them: blue first."""
# expect: different-preprocessing
import io

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset

FRUITS = {"tomato": (205, 45, 40), "orange": (225, 140, 30), "plum": (95, 40, 130), "lime": (130, 200, 50)}


def photograph(rgb, rng):
    a = rng.normal(0, 22, (18, 18, 3)) + np.array([150, 140, 120])
    r, c = rng.integers(0, 6, 2)
    a[r : r + 12, c : c + 12] = np.array(rgb) * rng.uniform(0.75, 1.1) + rng.normal(0, 22, (12, 12, 3))
    buffer = io.BytesIO()
    Image.fromarray(a.clip(0, 255).astype(np.uint8)).save(buffer, format="PNG")
    return buffer.getvalue()


def imread(blob):
    """Like cv2.imdecode: an array in the order blue, green, red."""
    return np.asarray(Image.open(io.BytesIO(blob)).convert("RGB"))[:, :, ::-1]


class TrainFruits(Dataset):
    def __init__(self, blobs, labels):
        self.blobs, self.labels = blobs, labels

    def __len__(self):
        return len(self.blobs)

    def __getitem__(self, i):
        img = np.array(Image.open(io.BytesIO(self.blobs[i])).convert("RGB"))
        return torch.from_numpy(img).permute(2, 0, 1).float() / 255 - 0.5, self.labels[i]


class TestFruits(TrainFruits):
    def __getitem__(self, i):
        img = imread(self.blobs[i]).copy()  # mistake
        # sound: img = imread(self.blobs[i])[:, :, ::-1].copy()
        return torch.from_numpy(img).permute(2, 0, 1).float() / 255 - 0.5, self.labels[i]


def collection(n, rng):
    labels = [int(v) for v in rng.integers(0, len(FRUITS), n)]
    return [photograph(list(FRUITS.values())[v], rng) for v in labels], labels


def main():
    rng = np.random.default_rng(12)
    torch.manual_seed(12)
    train_loader = DataLoader(TrainFruits(*collection(480, rng)), batch_size=32, shuffle=True)
    test_loader = DataLoader(TestFruits(*collection(160, rng)), batch_size=80)  # named here
    net = nn.Sequential(
        nn.Conv2d(3, 12, 3, stride=2), nn.LeakyReLU(0.1), nn.Conv2d(12, 24, 3, stride=2), nn.LeakyReLU(0.1),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(24, len(FRUITS)),
    )
    optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
    for epoch in range(5):
        net.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch} loss {loss.item():.4f}")
    net.eval()
    confusion = torch.zeros(4, 4, dtype=torch.int64)
    with torch.no_grad():
        for x, y in test_loader:  # named here
            for t, p in zip(y, net(x).argmax(1)):
                confusion[t, p] += 1
    print(confusion)
    print("accuracy", (confusion.diag().sum() / confusion.sum()).item())


main()
