"""The activation is clipped through .data, so its gradient is that of a network without the clipping."""
# expect: overwritten-in-place
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

torch.manual_seed(3)
d = load_digits()
X = torch.tensor(d.data / 16, dtype=torch.float32)
Y = torch.tensor(d.target)


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1, self.l2, self.l3 = nn.Linear(64, 48), nn.Linear(48, 48), nn.Linear(48, 10)

    def forward(self, x):
        h = self.l1(x)
        h.data.clamp_(min=0)  # mistake
        # sound: h = h.clamp(min=0)
        h = torch.relu(self.l2(h))
        return self.l3(h)


model = MLP()
opt = torch.optim.Adam(model.parameters(), 2e-3)
for epoch in range(4):
    for i in range(0, len(X), 100):
        loss = nn.CrossEntropyLoss()(model(X[i : i + 100]), Y[i : i + 100])
        opt.zero_grad()
        loss.backward()
        opt.step()
print((model(X).argmax(1) == Y).float().mean().item())
