"""A cosine classifier without a scale: logits lie in [-1, 1], so the loss stands still at about 1.4 and cannot fall."""
# expect: plateau cannot-overfit-batch
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


class CosineHead(nn.Module):
    def __init__(self, dim, num_classes, scale=16.0):
        super().__init__()
        self.scale = scale
        self.weight = nn.Parameter(torch.empty(num_classes, dim))
        nn.init.xavier_uniform_(self.weight)

    def forward(self, features):
        cosine = F.linear(F.normalize(features), F.normalize(self.weight))  # named here
        return cosine  # mistake
        # sound: return self.scale * cosine


class Embedder(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc = nn.Linear(32 * 2 * 2, 48)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc(x.flatten(1))


def main():
    torch.manual_seed(0)
    digits = load_digits()
    x = torch.tensor(digits.images).float().unsqueeze(1) / 16 - 0.3
    y = torch.tensor(digits.target)
    perm = torch.randperm(len(x))
    train = TensorDataset(x[perm[:1400]], y[perm[:1400]])
    val_x, val_y = x[perm[1400:]], y[perm[1400:]]
    loader = DataLoader(train, batch_size=50, shuffle=True)

    model = nn.Sequential(Embedder(), CosineHead(48, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
    for epoch in range(10):
        model.train()
        total = 0.0
        for xb, yb in loader:
            loss = F.cross_entropy(model(xb), yb)  # named here
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(xb)
        model.eval()
        with torch.no_grad():
            val_loss = F.cross_entropy(model(val_x), val_y).item()
        print(f"epoch {epoch}: train {total / len(train):.3f}, val {val_loss:.3f}")


if __name__ == "__main__":
    main()
