"""Two kept loader workers, numpy augmentation seeded for each worker, own collate, a named tuple as batch."""
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Batch(NamedTuple):
    image: torch.Tensor
    label: torch.Tensor


class Tiles(Dataset):
    def __init__(self, n, seed, train):
        rng = np.random.default_rng(seed)
        looks = np.random.default_rng(0).normal(size=(4, 3, 12, 12))
        self.labels = rng.integers(0, 4, n)
        self.images = (0.6 * looks[self.labels] + rng.normal(0, 1, (n, 3, 12, 12))).astype(np.float32)
        self.train = train

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        img = self.images[i]
        if self.train:
            img = np.roll(img, np.random.randint(-1, 2), axis=2) * np.random.uniform(0.8, 1.2)
        return img.astype(np.float32), self.labels[i]


def collate(samples):
    images, labels = zip(*samples)
    return Batch(torch.from_numpy(np.stack(images)), torch.tensor(np.array(labels)))


def seed_worker(worker_id):
    np.random.seed(torch.initial_seed() % 2**32)


def main():
    torch.manual_seed(0)
    np.random.seed(0)
    g = torch.Generator()
    g.manual_seed(0)
    train_loader = DataLoader(
        Tiles(640, 1, True), batch_size=32, shuffle=True, num_workers=2, collate_fn=collate,
        worker_init_fn=seed_worker, generator=g, persistent_workers=True,
    )
    val_loader = DataLoader(Tiles(200, 2, False), batch_size=100, collate_fn=collate)
    net = nn.Sequential(
        nn.Conv2d(3, 12, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(12, 24, 3, stride=2, padding=1), nn.ReLU(),
        nn.Flatten(), nn.Linear(216, 4),
    )
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    for epoch in range(4):
        net.train()
        for batch in train_loader:
            loss = nn.functional.cross_entropy(net(batch.image), batch.label)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        net.eval()
        with torch.no_grad():
            hits = sum((net(b.image).argmax(1) == b.label).sum().item() for b in val_loader)
        print(f"epoch {epoch} loss {loss.item():.3f} accuracy {hits / 200:.3f}")


if __name__ == "__main__":
    main()
