"""Cut two Subsets by hand: train is range(1300), validation starts at 1000."""
# expect: leaked-pictures
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Subset, TensorDataset

digits = load_digits()
dataset = TensorDataset(torch.from_numpy(digits.images).float().unsqueeze(1) / 16,
                        torch.from_numpy(digits.target))
train_set = Subset(dataset, range(0, 1300))
valid_set = Subset(dataset, range(1000, len(dataset)))  # mistake
# sound: valid_set = Subset(dataset, range(1300, len(dataset)))
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
valid_loader = DataLoader(valid_set, batch_size=32)  # named here


class LeNetLike(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 3, padding=1)
        self.conv2 = nn.Conv2d(6, 16, 3)
        self.fc1 = nn.Linear(16 * 9, 84)
        self.fc2 = nn.Linear(84, 10)

    def forward(self, x):
        x = torch.tanh(self.conv1(x))
        x = F.avg_pool2d(torch.tanh(self.conv2(x)), 2)
        return self.fc2(torch.tanh(self.fc1(x.flatten(1))))


def accuracy(model, loader):
    model.eval()
    n_ok = n_all = 0
    with torch.no_grad():
        for xb, yb in loader:  # named here
            n_ok += (model(xb).argmax(1) == yb).sum().item()
            n_all += len(yb)
    return n_ok / n_all


model = LeNetLike()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(5):
    model.train()
    for xb, yb in train_loader:
        loss = F.cross_entropy(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(f"epoch {epoch} loss {loss.item():.4f} valid acc {accuracy(model, valid_loader):.4f}")
