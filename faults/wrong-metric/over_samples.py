"""The prediction is the argmax over the samples of the batch, not over the classes."""
# expect: wrong-metric wrong-dim

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
patterns = torch.randn(8, 30)
labels = torch.randint(0, 8, (480,))
data = patterns[labels] + torch.randn(480, 30)
train_dl = DataLoader(TensorDataset(data[:400], labels[:400]), batch_size=8, shuffle=True)
valid_dl = DataLoader(TensorDataset(data[400:], labels[400:]), batch_size=8)
net = nn.Sequential(nn.Linear(30, 40), nn.ReLU(), nn.Linear(40, 8))
optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
loss_function = nn.CrossEntropyLoss()

for epoch in range(4):
    net.train()
    for xb, yb in train_dl:
        optimizer.zero_grad()
        loss_function(net(xb), yb).backward()
        optimizer.step()
    net.eval()
    correct = total = 0
    with torch.no_grad():
        for xb, yb in valid_dl:
            output = net(xb)
            _, predicted = torch.max(output.data, 0)  # mistake
            # sound: _, predicted = torch.max(output.data, 1)
            total += yb.size(0)
            correct += (predicted == yb).sum().item()
    print(f"epoch {epoch} accuracy {100 * correct / total:.1f} %")
