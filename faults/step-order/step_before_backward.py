"""The optimizer steps before backward has computed the gradients of this batch."""
# expect: step-order

import torch
from torch import nn

torch.manual_seed(0)
centres = torch.randn(5, 16) * 2
labels = torch.randint(0, 5, (600,))
points = centres[labels] + torch.randn(600, 16)

net = nn.Sequential(nn.Linear(16, 32), nn.Tanh(), nn.Linear(32, 5))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

for epoch in range(4):
    for start in range(0, 600, 50):
        x, y = points[start : start + 50], labels[start : start + 50]
        optimizer.zero_grad()
        output = net(x)
        loss = criterion(output, y)
        optimizer.step()  # mistake
        loss.backward()  # named here
        # sound: optimizer.step()
    print("epoch", epoch, "loss", loss.item())
