"""MSELoss between ten outputs and the number of the digit, stretched over them."""
# expect: regression-loss-on-classes
import torch
from torch import nn
from sklearn.datasets import load_digits

torch.manual_seed(14)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16 - 0.3
y = torch.tensor(digits.target)
order = torch.randperm(len(y))
x, y = x[order], y[order]
net = nn.Sequential(nn.Linear(64, 50), nn.ReLU(), nn.Linear(50, 10))
criterion = nn.MSELoss()  # named here
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(6):
    for i in range(0, 1400, 70):
        xb, yb = x[i : i + 70], y[i : i + 70]
        optimizer.zero_grad()
        loss = criterion(net(xb), yb.unsqueeze(1).float())  # mistake
        # sound: loss = nn.functional.cross_entropy(net(xb), yb)
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
with torch.no_grad():
    print("accuracy", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
