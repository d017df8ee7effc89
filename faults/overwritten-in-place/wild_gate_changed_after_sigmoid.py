"""A sigmoid gate is raised in place by index; sigmoid needs its own output for the gradient."""
# expect: overwritten-in-place
import torch
from torch import nn

torch.manual_seed(1)


class GatedUnit(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.gate = nn.Linear(d, d)
        self.value = nn.Linear(d, d)

    def forward(self, x):
        g = torch.sigmoid(self.gate(x))  # named here
        # sound: g = g.clone()
        g[:, : x.size(1) // 2] *= 0.5  # mistake
        # sound: g[:, : x.size(1) // 2] = g[:, : x.size(1) // 2] * 0.5
        return g * torch.tanh(self.value(x)) + (1 - g) * x


class Net(nn.Module):
    def __init__(self, d_in, d, classes):
        super().__init__()
        self.inp = nn.Linear(d_in, d)
        self.units = nn.ModuleList([GatedUnit(d) for _ in range(2)])
        self.out = nn.Linear(d, classes)

    def forward(self, x):
        x = self.inp(x)
        for unit in self.units:
            x = unit(x)
        return self.out(x)


centres = torch.randn(6, 20)
y = torch.randint(6, (900,))
x = centres[y] + torch.randn(900, 20)
model = Net(20, 40, 6)
opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
for epoch in range(5):
    for b in torch.randperm(700).split(35):
        opt.zero_grad()
        loss = nn.functional.cross_entropy(model(x[b]), y[b])
        loss.backward()
        opt.step()
    print(epoch, loss.item())
with torch.no_grad():
    print("test accuracy", (model(x[700:]).argmax(1) == y[700:]).float().mean().item())
