"""Monte Carlo dropout: after the test in eval mode dropout is turned on again, on purpose."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
X, Y = load_digits(return_X_y=True)
X, Y = torch.tensor(X, dtype=torch.float32) / 16, torch.tensor(Y)
train_loader = DataLoader(TensorDataset(X[:1500], Y[:1500]), batch_size=50, shuffle=True)
test_loader = DataLoader(TensorDataset(X[1500:], Y[1500:]), batch_size=99)
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
train_correct = 0
for epoch in range(4):
    model.train()
    train_correct = 0
    for x, y in train_loader:
        optimizer.zero_grad()
        out = model(x)
        nn.functional.cross_entropy(out, y).backward()
        optimizer.step()
        train_correct += (out.argmax(1) == y).sum().item()
    print(epoch, "training accuracy", train_correct / len(train_loader.dataset))


def mc_predict(model, x, passes=10):
    model.eval()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.train()
    with torch.no_grad():
        return torch.stack([model(x).softmax(1) for _ in range(passes)]).mean(0)


model.eval()
with torch.no_grad():
    correct = sum((model(x).argmax(1) == y).sum().item() for x, y in test_loader)
print("test accuracy", correct / len(test_loader.dataset))
correct = sum((mc_predict(model, x).argmax(1) == y).sum().item() for x, y in test_loader)
print("with averaged dropout", correct / len(test_loader.dataset))
