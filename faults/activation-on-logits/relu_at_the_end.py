"""The list of layers ends in a ReLU, so the logits that go to cross-entropy are never negative."""
# expect: activation-on-logits
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


def make_mlp(sizes):
    layers = []
    for i, (a, b) in enumerate(zip(sizes[:-1], sizes[1:])):
        layers.append(nn.Linear(a, b))
        layers.append(nn.ReLU())  # mistake
        # sound: if i < len(sizes) - 2:
            # sound: layers.append(nn.ReLU())
    return nn.Sequential(*layers)


def train(model, loader, epochs=3):
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            out = model(x)
            loss = criterion(out, y)
            loss.backward()
            optimizer.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    torch.manual_seed(4)
    x, y = load_digits(return_X_y=True)
    data = TensorDataset(torch.tensor(x).float() / 16, torch.tensor(y))
    train(make_mlp([64, 64, 10]), DataLoader(data, batch_size=32, shuffle=True))
