"""Features in the thousands go straight into a tanh layer."""
# expect: saturated-activations pictures-not-normalised
import torch
from torch import nn

torch.manual_seed(0)
t = torch.randint(3, (600,))
X = torch.randn(3, 12)[t] + 0.4 * torch.randn(600, 12)
X = X * 1000 + 500  # mistake
# sound: X = (X - X.mean(0)) / X.std(0)
net = nn.Sequential(
    nn.Linear(12, 40),
    nn.Tanh(),  # named here
    nn.Linear(40, 40),
    nn.Tanh(),  # named here
    nn.Linear(40, 3),
)
opt = torch.optim.SGD(net.parameters(), lr=0.02)
for epoch in range(10):
    for i in range(0, 600, 60):
        out = net(X[i : i + 60])  # named here
        loss = nn.functional.cross_entropy(out, t[i : i + 60])
        opt.zero_grad()
        loss.backward()
        opt.step()
print(loss.item())
