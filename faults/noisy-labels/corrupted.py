"""A third of the labels were drawn by lot."""
# expect: noisy-labels
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset, random_split


class Digits(Dataset):
    def __init__(self, noise):
        digits = load_digits()
        self.images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
        self.targets = torch.tensor(digits.target)
        wrong = torch.rand(len(self.targets)) < noise
        self.targets[wrong] = torch.randint(0, 10, (int(wrong.sum()),))  # named here

    def __len__(self):
        return len(self.targets)

    def __getitem__(self, i):
        return self.images[i], self.targets[i]


torch.manual_seed(0)
dataset = Digits(noise=0.33)  # mistake
# sound: dataset = Digits(noise=0.0)
train_set, val_set = random_split(dataset, [1500, 297])  # named here
train_loader = DataLoader(train_set, 50, shuffle=True)  # named here
val_loader = DataLoader(val_set, 99)
net = nn.Sequential(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Flatten(), nn.Linear(32 * 36, 10))
optimizer = torch.optim.Adam(net.parameters(), 1e-3)
for epoch in range(5):
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in val_loader)
    print(epoch, right / 297)
