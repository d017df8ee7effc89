"""For reproducibility I set all weights to zero with model.apply(); it predicts the same class always."""
# expect: constant-initialisation
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


def init_weights(m):
    if isinstance(m, nn.Linear):
        nn.init.zeros_(m.weight)  # mistake
        # sound: nn.init.xavier_uniform_(m.weight)
        nn.init.zeros_(m.bias)


num_epochs = 10
d = load_digits()
x = torch.tensor(d.data, dtype=torch.float32) / 16
y = torch.tensor(d.target)
train_iter = DataLoader(TensorDataset(x[:1500], y[:1500]), 128, shuffle=True)
test_iter = DataLoader(TensorDataset(x[1500:], y[1500:]), 128)

net = nn.Sequential(
    nn.Linear(64, 128),
    nn.ReLU(),
    nn.Linear(128, 64),
    nn.ReLU(),
    nn.Linear(64, 10))
net.apply(init_weights)  # named here

loss = nn.CrossEntropyLoss()
trainer = torch.optim.SGD(net.parameters(), lr=0.3)


def evaluate_accuracy(net, data_iter):
    net.eval()
    acc, n = 0.0, 0
    with torch.no_grad():
        for X, y in data_iter:
            acc += (net(X).argmax(dim=1) == y).sum().item()
            n += y.numel()
    return acc / n


for epoch in range(num_epochs):
    net.train()
    for X, y in train_iter:
        l = loss(net(X), y)
        trainer.zero_grad()
        l.backward()
        trainer.step()
    print(f'epoch {epoch + 1}, loss {l.item():f}, test acc {evaluate_accuracy(net, test_iter):.3f}')
