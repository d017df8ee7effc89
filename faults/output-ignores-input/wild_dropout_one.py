"""Dropout(1.0) was meant as 'keep everything' and drops everything while training."""
# expect: output-ignores-input
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

KEEP_PROB = 1.0
torch.manual_seed(0)

digits = load_digits()
X = torch.FloatTensor(digits.data).div(16).sub(0.305).div(0.376)
y = torch.LongTensor(digits.target)
idx = torch.randperm(len(X))
train_ds = TensorDataset(X[idx[:1400]], y[idx[:1400]])
test_ds = TensorDataset(X[idx[1400:]], y[idx[1400:]])

model = nn.Sequential()
model.add_module("fc1", nn.Linear(64, 128))
model.add_module("relu1", nn.ReLU())
model.add_module("drop", nn.Dropout(KEEP_PROB))  # mistake
# sound: model.add_module("drop", nn.Dropout(1 - KEEP_PROB))
model.add_module("fc2", nn.Linear(128, 10))

optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
criterion = nn.CrossEntropyLoss()


def train():
    model.train()
    for data, target in DataLoader(train_ds, batch_size=50, shuffle=True):
        optimizer.zero_grad()
        output = model(data)
        loss = criterion(output, target)
        loss.backward()
        optimizer.step()
    return loss.item()


def test():
    model.eval()
    correct = 0
    with torch.no_grad():
        for data, target in DataLoader(test_ds, batch_size=100):
            correct += model(data).argmax(1).eq(target).sum().item()
    return correct / len(test_ds)


for epoch in range(1, 6):
    print("epoch", epoch, "loss", round(train(), 3), "test", round(test(), 3))
