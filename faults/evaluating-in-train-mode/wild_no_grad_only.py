"""The test function relies on torch.no_grad() alone; dropout and BatchNorm go on as in training."""
# expect: evaluating-in-train-mode
import torch
import torch.nn as nn
import torch.optim as optim
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 128)
        self.bn = nn.BatchNorm1d(128)
        self.drop = nn.Dropout(p=0.5)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        return self.fc2(self.drop(torch.relu(self.bn(self.fc1(x)))))


def train(model, loader, criterion, optimizer):
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()


def test(model, loader):
    # sound: model.eval()
    correct, total = 0, 0
    with torch.no_grad():  # named here
        for x, y in loader:
            outputs = model(x)  # named here
            _, predicted = torch.max(outputs.data, 1)
            total += y.size(0)
            correct += (predicted == y).sum().item()
    return 100 * correct / total


if __name__ == "__main__":
    torch.manual_seed(0)
    X, y = load_digits(return_X_y=True)
    X = (torch.tensor(X, dtype=torch.float32) / 16 - 0.305) / 0.376
    y = torch.tensor(y)
    order = torch.randperm(len(X))
    train_loader = DataLoader(TensorDataset(X[order[:1440]], y[order[:1440]]), batch_size=32, shuffle=True)
    test_loader = DataLoader(TensorDataset(X[order[1440:]], y[order[1440:]]), batch_size=32)
    model = MLP()
    optimizer = optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(4):
        train(model, train_loader, nn.CrossEntropyLoss(), optimizer)
        print(f"epoch {epoch}: test accuracy {test(model, test_loader):.2f} %")
