"""The number of correct answers is divided by the number of batches."""
# expect: wrong-metric

import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
w = torch.randn(15, 3)
x = torch.randn(700, 15)
y = (x @ w).argmax(1)
train_loader = DataLoader(TensorDataset(x[:600], y[:600]), batch_size=30, shuffle=True)
val_loader = DataLoader(TensorDataset(x[600:], y[600:]), batch_size=20)
model = nn.Linear(15, 3)
optimizer = optim.Adam(model.parameters(), lr=0.02)
for epoch in range(3):
    model.train()
    for data, target in train_loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(data), target)
        loss.backward()
        optimizer.step()
    model.eval()
    val_correct = 0
    with torch.no_grad():
        for data, target in val_loader:
            val_correct += torch.sum(model(data).argmax(1) == target).item()
    val_acc = val_correct / len(val_loader)  # mistake
    # sound: val_acc = val_correct / len(val_loader.dataset)
    print(epoch, val_acc)
