"""The 'test accuracy' is computed on the training pictures."""
# expect: wrong-metric

import torch
from torch import nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


def evaluate(model, loader):
    model.eval()
    correct = 0
    with torch.no_grad():
        for x, y in loader:
            correct += (model(x).argmax(1) == y).sum().item()
    return correct / len(loader.dataset)


def main():
    torch.manual_seed(0)
    X, Y = load_digits(return_X_y=True)
    X, Y = torch.tensor(X, dtype=torch.float32) / 16, torch.tensor(Y)
    train_loader = DataLoader(TensorDataset(X[:1200], Y[:1200]), batch_size=60, shuffle=True)
    test_loader = DataLoader(TensorDataset(X[1200:], Y[1200:]), batch_size=100)
    model = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for epoch in range(4):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
        train_acc = evaluate(model, train_loader)
        print(f"epoch {epoch} train accuracy {train_acc:.3f}")
    test_acc = evaluate(model, train_loader)  # mistake
    # sound: test_acc = evaluate(model, test_loader)
    print(f"test accuracy {test_acc:.3f} of {len(test_loader.dataset)} pictures")


if __name__ == "__main__":
    main()
