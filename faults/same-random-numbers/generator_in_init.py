"""The dataset's own generator is copied into each worker: all add the same noise, in each epoch again."""
# expect: same-random-numbers
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class NoisySquares(Dataset):
    def __init__(self, n=160):
        self.rng = np.random.default_rng(123)  # mistake
        self.labels = np.arange(n) % 4
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, idx):
        image = np.zeros((1, 16, 16), dtype=np.float32)
        label = self.labels[idx]
        image[:, 4 * label : 4 * label + 4] = 1
        image += self.rng.normal(0, 0.3, image.shape).astype(np.float32)  # mistake
        # sound: image += 0.3 * torch.randn(image.shape).numpy()
        return torch.from_numpy(image), int(label)


def main():
    torch.manual_seed(0)
    loader = DataLoader(NoisySquares(), batch_size=40, shuffle=True, num_workers=2)  # named here
    net = nn.Sequential(nn.Flatten(), nn.Linear(256, 32), nn.ReLU(), nn.Linear(32, 4))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for epoch in range(2):
        for x, y in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
