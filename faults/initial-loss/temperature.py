"""Scores are multiplied by 200 where a division by a temperature was meant."""
# expect: initial-loss
import torch
from torch import nn

torch.manual_seed(5)
SCALE = 200.0
prototypes = torch.randn(8, 24)
model = nn.Sequential(nn.Linear(24, 64), nn.ReLU(), nn.Linear(64, 8))
optim = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()
history = []
for step in range(80):
    target = torch.randint(8, (64,))
    inputs = prototypes[target] + 0.7 * torch.randn(64, 24)
    logits = model(inputs) * SCALE  # mistake
    # sound: logits = model(inputs)
    loss = criterion(logits, target)
    optim.zero_grad(set_to_none=True)
    loss.backward()
    optim.step()
    history.append(loss.item())
print(history[0], history[-1])
