"""A DataParallel checkpoint has 'module.' before every name; strict=False hides that nothing fits."""
# expect: weights-not-loaded
import os
import tempfile

import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

torch.manual_seed(0)


def make_model():
    return nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))


def load_data():
    data = load_digits()
    x = (torch.tensor(data.data, dtype=torch.float32) / 16 - 0.305) / 0.376
    return train_test_split(x, torch.tensor(data.target), test_size=0.25, random_state=0)


def train(model, x, y, epochs):
    model.train()
    opt = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(epochs):
        for idx in torch.randperm(len(x)).split(64):
            opt.zero_grad()
            loss = nn.functional.cross_entropy(model(x[idx]), y[idx])
            loss.backward()
            opt.step()


def test(model, x, y):
    model.eval()
    with torch.no_grad():
        return (model(x).argmax(1) == y).float().mean().item()


x_train, x_test, y_train, y_test = load_data()
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "digits.pth")

    # on the training machine
    parallel = nn.DataParallel(make_model())
    train(parallel, x_train, y_train, epochs=6)
    torch.save(parallel.state_dict(), path)

    # on the laptop
    model = make_model()
    state = torch.load(path, map_location="cpu")
    model.load_state_dict(state, strict=False)  # mistake
    # sound: model.load_state_dict({k.removeprefix("module."): v for k, v in state.items()})
    print("accuracy of the loaded model", test(model, x_test, y_test))
