"""worker_init_fn gives all workers the same numpy seed, so they distort their pictures alike, in every epoch."""
# expect: same-random-numbers seed-misused
import random

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

SEED = 42


def set_seed(seed=SEED):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def worker_init_fn(worker_id):
    np.random.seed(SEED)  # mistake
    random.seed(SEED)  # mistake
    # sound: worker_seed = torch.initial_seed() % 2**32
    # sound: np.random.seed(worker_seed)
    # sound: random.seed(worker_seed)


class NoisyTiles(Dataset):
    tiles = np.random.RandomState(0).normal(size=(4, 3, 10, 10)).astype(np.float32)

    def __init__(self, n, train):
        self.n, self.train = n, train

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        label = i % 4
        img = 0.8 * self.tiles[label]
        if self.train:
            img = img * np.random.uniform(0.6, 1.4) + np.random.normal(0, 0.8, img.shape)  # named here
            if random.random() < 0.5:  # named here
                img = img + random.gauss(0, 0.3)
        else:
            img = img + np.random.RandomState(1000 + i).normal(0, 0.8, img.shape)
        return torch.as_tensor(img, dtype=torch.float32), label


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 3)
        self.fc = nn.Linear(16 * 64, 4)

    def forward(self, x):
        return self.fc(F.relu(self.conv(x)).flatten(1))


if __name__ == "__main__":
    set_seed()
    train_loader = DataLoader(
        NoisyTiles(480, True),
        batch_size=24,
        shuffle=True,
        num_workers=2,
        worker_init_fn=worker_init_fn,  # named here
    )
    test_loader = DataLoader(NoisyTiles(120, False), batch_size=60)
    net = Net()
    opt = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    for epoch in range(3):
        net.train()
        total = 0.0
        for x, y in train_loader:
            loss = F.cross_entropy(net(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item()
        net.eval()
        with torch.no_grad():
            right = sum(net(x).argmax(1).eq(y).sum().item() for x, y in test_loader)
        print(f"epoch {epoch}: loss {total / len(train_loader):.4f}, test accuracy {right / 120:.3f}")
