"""loss.backward lacks its parentheses."""
# expect: step-order
# also: weights-do-not-change

import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(256, 8)
y = (x.sum(1) > 0).long()
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2))
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
for it in range(50):
    loss = nn.functional.cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward  # mistake
    # sound: loss.backward()
    optimizer.step()
print(loss.item())
