"""reduction='sum' over 256 samples with a learning rate meant for the mean."""
# expect: loss-sign-or-sum
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
centres = torch.randn(10, 50)
y = torch.randint(10, (2560,))
x = centres[y] + torch.randn(2560, 50)
loader = DataLoader(TensorDataset(x, y), batch_size=256, shuffle=True)
net = nn.Sequential(nn.Linear(50, 100), nn.ReLU(), nn.Linear(100, 100), nn.ReLU(), nn.Linear(100, 10))
criterion = nn.CrossEntropyLoss(reduction="sum")  # mistake
# sound: criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for epoch in range(4):
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(net(xb), yb)  # named here
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
