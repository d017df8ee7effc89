"""The dataset holds one numpy generator; each worker gets a copy and draws the very same shifts, every epoch."""
# expect: same-random-numbers
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset, get_worker_info


class ShiftedShapes(Dataset):
    def __init__(self, n, augment, seed):
        rng = np.random.default_rng(seed)
        self.labels = rng.integers(0, 3, n)
        masks = np.zeros((3, 12, 12), np.float32)
        masks[0, 3:9, 3:9] = 1
        masks[1, 5:7, 1:11] = 1
        masks[2, 1:11, 5:7] = 1
        self.images = masks[self.labels] + rng.normal(0, 0.7, (n, 12, 12)).astype(np.float32)
        self.augment = augment
        self.rng = np.random.default_rng(seed)  # mistake
        # sound: self.rng = None

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        # sound: if self.rng is None:
        # sound:     info = get_worker_info()
        # sound:     self.rng = np.random.default_rng(torch.initial_seed() if info is None else info.seed)
        image = self.images[i]
        if self.augment:
            dy, dx = self.rng.integers(-2, 3, size=2)  # named here
            image = np.roll(image, (dy, dx), axis=(0, 1))
            image = image + self.rng.normal(0, 0.2, image.shape).astype(np.float32)  # named here
        return torch.from_numpy(np.ascontiguousarray(image)).unsqueeze(0), int(self.labels[i])


def main():
    torch.manual_seed(0)
    assert get_worker_info() is None
    train = ShiftedShapes(600, True, seed=1)
    val = ShiftedShapes(150, False, seed=2)
    train_loader = DataLoader(train, batch_size=30, shuffle=True, num_workers=2)  # named here
    val_loader = DataLoader(val, batch_size=150)
    model = nn.Sequential(nn.Conv2d(1, 8, 5), nn.ReLU(), nn.Flatten(), nn.Linear(512, 3))
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(3):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            acc = sum((model(x).argmax(1) == y).sum().item() for x, y in val_loader) / len(val)
        print(f"epoch {epoch} loss {loss.item():.4f} val {acc:.3f}")


if __name__ == "__main__":
    main()
