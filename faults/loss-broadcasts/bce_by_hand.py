"""A binary cross-entropy written by hand between N x 1 probabilities and N targets."""
# expect: loss-broadcasts
import torch
from torch import nn

torch.manual_seed(8)
x = torch.randn(900, 12)
y = (x[:, :3].sum(dim=1) > 0).float()
model = nn.Sequential(nn.Linear(12, 24), nn.Tanh(), nn.Linear(24, 1), nn.Sigmoid())
opt = torch.optim.Adam(model.parameters(), lr=0.01)
for step in range(200):
    rows = torch.randint(800, (50,))
    p = model(x[rows]).clamp(1e-6, 1 - 1e-6)  # mistake
    # sound: p = model(x[rows]).clamp(1e-6, 1 - 1e-6).squeeze(1)
    t = y[rows]
    loss = -(t * p.log() + (1 - t) * (1 - p).log()).mean()  # named here
    opt.zero_grad()
    loss.backward()
    opt.step()
with torch.no_grad():
    right = (model(x[800:]).squeeze(1) > 0.5) == (y[800:] > 0.5)
print("accuracy", right.float().mean().item())
