"""Only the digits 3, 5 and 8 are kept, but their numbers are not mapped to 0, 1 and 2."""
# expect: label-out-of-range
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

CLASSES = [3, 5, 8]


def get_loaders(batch_size):
    digits = load_digits()
    x = torch.as_tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
    x = (x - 0.32) / 0.38
    y = torch.as_tensor(digits.target)
    keep = torch.isin(y, torch.tensor(CLASSES))
    x, y = x[keep], y[keep]
    # sound: y = torch.searchsorted(torch.tensor(CLASSES), y)
    order = torch.randperm(len(x))
    cut = int(0.8 * len(x))
    train = TensorDataset(x[order[:cut]], y[order[:cut]])  # named here
    test = TensorDataset(x[order[cut:]], y[order[cut:]])  # named here
    return DataLoader(train, batch_size, shuffle=True), DataLoader(test, batch_size)


def main():
    torch.manual_seed(0)
    train_loader, test_loader = get_loaders(32)
    net = nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 16, len(CLASSES))
    )
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(8):
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(net(x), y)  # named here
            loss.backward()
            optimizer.step()
    correct = count = 0
    with torch.no_grad():
        for x, y in test_loader:
            correct += (net(x).argmax(1) == y).sum().item()
            count += len(y)
    print("test accuracy", correct / count)


if __name__ == "__main__":
    main()
