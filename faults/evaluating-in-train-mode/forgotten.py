"""Nobody calls model.eval() before the test."""
# expect: evaluating-in-train-mode

import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
X, Y = load_digits(return_X_y=True)
X, Y = torch.tensor(X, dtype=torch.float32) / 16, torch.tensor(Y)
train_dl = DataLoader(TensorDataset(X[:1500], Y[:1500]), batch_size=64, shuffle=True)
test_dl = DataLoader(TensorDataset(X[1500:], Y[1500:]), batch_size=64)

model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
loss_fn = nn.CrossEntropyLoss()


def fit(epochs):
    for epoch in range(epochs):
        model.train()
        for xb, yb in train_dl:
            loss = loss_fn(model(xb), yb)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        # sound: model.eval()
        correct = 0
        with torch.no_grad():
            for xb, yb in test_dl:
                pred = model(xb).argmax(1)  # named here
                correct += (pred == yb).sum().item()
        print(epoch, correct / len(test_dl.dataset))


fit(4)
