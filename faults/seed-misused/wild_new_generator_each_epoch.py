"""A loader with a generator of the same seed is built anew for every epoch, so the order never changes."""
# expect: seed-misused
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def make_loader(dataset, batch_size, generator, train=True):
    return DataLoader(dataset, batch_size=batch_size, shuffle=train, generator=generator)  # named here


def fit(net, train_set, val_set, epochs):
    opt = torch.optim.Adam(net.parameters(), lr=2e-3)
    history = {"loss": [], "val": []}
    # sound: g = torch.Generator().manual_seed(2024)
    for epoch in range(epochs):
        g = torch.Generator().manual_seed(2024)  # mistake
        total = 0.0
        net.train()
        for xb, yb in make_loader(train_set, 48, g):  # named here
            opt.zero_grad()
            loss = nn.functional.cross_entropy(net(xb), yb)
            loss.backward()
            opt.step()
            total += loss.item() * len(xb)
        net.eval()
        with torch.no_grad():
            good = sum(int((net(xb).argmax(1) == yb).sum()) for xb, yb in DataLoader(val_set, batch_size=200))
        history["loss"].append(round(total / len(train_set), 4))
        history["val"].append(round(good / len(val_set), 4))
    return history


if __name__ == "__main__":
    torch.manual_seed(0)
    data, target = load_digits(return_X_y=True)
    everything = TensorDataset(torch.tensor(data).float() / 16, torch.tensor(target))
    train_set, val_set = torch.utils.data.random_split(everything, [1440, 357])
    net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    for name, values in fit(net, train_set, val_set, epochs=6).items():
        print(name, values)
