"""The tutorials' trainings as a reader writes them, with PyTorch and torchvision alone.

usage: python bench/tutorial.py JOB DATA [PICTURES [EPOCHS]]

JOB is mlp, cnn (both on Fashion-MNIST, batch 64), mnist (the first on MNIST) or lenet (CIFAR-10, batch 4, two loader
workers). DATA is the folder that `pictures.py` wrote. The last line printed is JSON: pictures seen, seconds of training
and accuracy.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset, Subset
from torchvision import transforms

# job -> pictures, batch, epochs, rate, loader workers
JOBS = {
    "mlp": ("fashion", 64, 5, 0.01, 0),
    "cnn": ("fashion", 64, 5, 0.01, 0),
    "mnist": ("mnist", 64, 5, 0.01, 0),
    "lenet": ("cifar", 4, 2, 0.001, 2),
}


class Pictures(Dataset):
    """Arrays served one by one as pictures, as torchvision's data sets do."""

    def __init__(self, path: Path, transform: transforms.Compose) -> None:
        with np.load(path) as arrays:
            self.images, self.labels = arrays["x"], arrays["y"].tolist()
        self.transform = transform

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self.transform(Image.fromarray(self.images[index])), self.labels[index]


class Mlp(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


class Cnn(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        blocks = []
        for before, after in ((1, 32), (32, 64), (64, 128)):
            blocks += [
                nn.Conv2d(before, after, 3, padding=1),
                nn.BatchNorm2d(after),
                nn.ReLU(),
                nn.MaxPool2d(2),
            ]
        self.features = nn.Sequential(*blocks)
        heads = []
        for before in (1152, 512):
            heads += [nn.Linear(before, 512), nn.BatchNorm1d(512), nn.ReLU(), nn.Dropout(0.4)]
        self.classes = nn.Sequential(nn.Flatten(), *heads, nn.Linear(512, 10))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classes(self.features(x))


class LeNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 6, 5), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2).flatten(1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


NETS = {"mlp": Mlp, "cnn": Cnn, "mnist": Mlp, "lenet": LeNet}


def dataset(job: str, data: Path, split: str, pictures: int | None = None) -> Dataset:
    """Give a job's pictures, scaled to -1..1; the first `pictures` of them, or all."""
    name = JOBS[job][0]
    channels = 3 if name == "cifar" else 1
    scaled = transforms.Compose(
        [transforms.ToTensor(), transforms.Normalize((0.5,) * channels, (0.5,) * channels)]
    )
    whole = Pictures(data / f"{name}_{split}.npz", scaled)
    return whole if pictures is None or pictures >= len(whole) else Subset(whole, range(pictures))


def main(job: str, data: str, pictures: str | None = None, epochs: str | None = None) -> None:
    """Train and test."""
    _, batch, usual_epochs, rate, workers = JOBS[job]
    torch.manual_seed(0)
    train = dataset(job, Path(data), "train", None if pictures is None else int(pictures))
    loader = DataLoader(train, batch, shuffle=True, num_workers=workers)
    net = NETS[job]()
    optimizer = torch.optim.SGD(net.parameters(), lr=rate, momentum=0.9)
    began, seen = time.perf_counter(), 0
    for _ in range(usual_epochs if epochs is None else int(epochs)):
        net.train()
        running_loss = 0.0
        for images, labels in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(net(images), labels)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()
            seen += len(labels)
    seconds = time.perf_counter() - began
    net.eval()
    right = total = 0
    with torch.no_grad():
        for images, labels in DataLoader(dataset(job, Path(data), "test"), batch, num_workers=workers):
            right += int((net(images).argmax(1) == labels).sum())
            total += len(labels)
    print(json.dumps({"pictures": seen, "seconds": seconds, "accuracy": right / total}))


if __name__ == "__main__":
    main(*sys.argv[1:])
