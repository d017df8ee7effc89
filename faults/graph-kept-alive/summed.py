"""total_loss sums losses with their graphs."""
# expect: graph-kept-alive

import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(400, 12)
y = (x[:, 0] > 0).long()
model = nn.Sequential(nn.Linear(12, 24), nn.ReLU(), nn.Linear(24, 2))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(5):
    total_loss = 0
    for i in range(0, 400, 20):
        optimizer.zero_grad()
        loss = criterion(model(x[i : i + 20]), y[i : i + 20])
        loss.backward()
        optimizer.step()
        total_loss += loss  # mistake
        # sound: total_loss += loss.item()
    print(f"epoch {epoch}: {total_loss / 20:.4f}")
