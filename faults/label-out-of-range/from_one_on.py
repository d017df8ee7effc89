"""The labels of the file run from 1 to 6, and the network has six outputs."""
# expect: label-out-of-range
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(15)
middles = torch.randn(6, 15)
kind = torch.randint(6, (600,))
x = middles[kind] + 0.7 * torch.randn(600, 15)
y = kind + 1  # mistake
# sound: y = kind
loader = DataLoader(TensorDataset(x, y), batch_size=40, shuffle=True)
net = nn.Sequential(nn.Linear(15, 30), nn.ReLU(), nn.Linear(30, 6))
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
criterion = nn.CrossEntropyLoss()
for epoch in range(5):
    right = 0
    for xb, yb in loader:
        optimizer.zero_grad()
        out = net(xb)
        loss = criterion(out, yb)  # named here
        loss.backward()
        optimizer.step()
        right += (out.argmax(1) == yb).sum().item()
    print(epoch, right / len(y))
