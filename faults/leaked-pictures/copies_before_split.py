"""Noisy copies of every picture are made first, then the pile is split into training and validation."""
# expect: leaked-pictures
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
bunch = load_digits()
images = torch.tensor(bunch.images / 16.0, dtype=torch.float32).unsqueeze(1)
labels = torch.tensor(bunch.target)


def augmented(images, labels, copies=3):
    noisy = [images] + [images + 0.02 * torch.randn_like(images) for _ in range(copies)]
    return torch.cat(noisy), labels.repeat(copies + 1)


images, labels = augmented(images, labels)  # mistake
full = TensorDataset(images, labels)
train_set, val_set = random_split(full, [0.8, 0.2])  # named here
train_loader = DataLoader(train_set, batch_size=100, shuffle=True)
val_loader = DataLoader(val_set, batch_size=200)  # named here

net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(3):
    for x, y in train_loader:
        loss = nn.functional.cross_entropy(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        hits = sum((net(x).argmax(1) == y).sum().item() for x, y in val_loader)
    net.train()
    print(f"epoch {epoch}: val acc {hits / len(val_set):.3f}")
