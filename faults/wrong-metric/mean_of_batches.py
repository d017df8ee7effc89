"""The test accuracy is the mean of the batches' accuracies; the last batch has two pictures."""
# expect: wrong-metric

import torch
from torch import nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
X = torch.tensor(digits.data, dtype=torch.float32) / 16
Y = torch.tensor(digits.target)
train_loader = DataLoader(TensorDataset(X[:1475], Y[:1475]), batch_size=25, shuffle=True)
test_loader = DataLoader(TensorDataset(X[1475:], Y[1475:]), batch_size=64)
model = nn.Linear(64, 10)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)


def test(model, test_loader):
    accuracy = 0.0
    # sound: seen = 0
    model.eval()
    with torch.no_grad():
        for x, y in test_loader:
            prediction = model(x).argmax(dim=1)
            accuracy += (prediction == y).float().mean().item()  # mistake
            # sound: accuracy += (prediction == y).sum().item()
            # sound: seen += len(y)
    return accuracy / len(test_loader)  # mistake
    # sound: return accuracy / seen


for epoch in range(3):
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    print(epoch, test(model, test_loader))
