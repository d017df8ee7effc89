"""The net is made half precision by hand; Adam's epsilon 1e-8 is zero in half, and 0/0 turns weights into NaN."""
# expect: amp-misused not-finite wrong-dtype
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
centres = torch.randn(4, 100)
y = torch.randint(0, 4, (1000,))
x = centres[y] + 1.5 * torch.randn(1000, 100)
x = x * (torch.arange(100) % 10 != 0)  # the first column of every 10x10 picture is masked

model = nn.Sequential(nn.Linear(100, 64), nn.ReLU(), nn.Linear(64, 4))
model.half()  # mistake
loader = DataLoader(TensorDataset(x[:800], y[:800]), batch_size=40, shuffle=True)
opt = torch.optim.Adam(model.parameters(), lr=1e-3)  # named here
for epoch in range(4):
    for xb, yb in loader:
        opt.zero_grad()
        out = model(xb.half())  # mistake
        # sound: with torch.autocast("cpu", dtype=torch.bfloat16):
        # sound:     out = model(xb)
        loss = nn.functional.cross_entropy(out.float(), yb)
        loss.backward()
        opt.step()  # named here
    with torch.no_grad():
        scores = model(x[800:].to(next(model.parameters()).dtype))
        acc = (scores.argmax(1) == y[800:]).float().mean().item()
    print("epoch", epoch, "loss", loss.item(), "held-out accuracy", acc)
