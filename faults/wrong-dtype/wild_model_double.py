"""To get rid of the error about Double and Float the whole network was turned to float64."""
# expect: wrong-dtype
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Blobs(Dataset):
    """Grey pictures with a bright blob in one of nine places."""

    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        self.labels = rng.integers(0, 9, n)
        self.pictures = rng.normal(0, 1, (n, 1, 18, 18))
        for i, k in enumerate(self.labels):
            r, c = divmod(int(k), 3)
            self.pictures[i, 0, 6 * r : 6 * r + 6, 6 * c : 6 * c + 6] += 0.8
        self.pictures = (self.pictures - 0.09) / 1.03

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        picture = torch.from_numpy(self.pictures[i])  # mistake
        # sound: picture = torch.from_numpy(self.pictures[i]).float()
        return picture, int(self.labels[i])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(1, 8, 5, stride=2, padding=2), nn.ReLU(), nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.ReLU()
        )
        self.fc = nn.Linear(16 * 5 * 5, 9)

    def forward(self, x):
        return self.fc(torch.flatten(self.conv(x), 1))


def run():
    torch.manual_seed(0)
    train_dl = DataLoader(Blobs(900, seed=1), batch_size=30, shuffle=True)
    valid_dl = DataLoader(Blobs(300, seed=2), batch_size=30)
    net = Net()
    net = net.double()  # mistake
    opt = torch.optim.Adam(net.parameters(), lr=3e-3)
    crit = nn.CrossEntropyLoss()
    for ep in range(4):
        net.train()
        for xb, yb in train_dl:
            opt.zero_grad()
            loss = crit(net(xb), yb)
            loss.backward()
            opt.step()
        net.eval()
        with torch.no_grad():
            n_right = sum((net(xb).argmax(1) == yb).sum().item() for xb, yb in valid_dl)
        print(f"{ep}: valid accuracy {n_right / 300:.3f}")


run()
