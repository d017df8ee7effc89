"""Features are standardised in forward with the mean and deviation of the whole batch."""
# expect: samples-mixed wrong-dim
import torch
import torch.nn as nn

torch.manual_seed(5)
kinds = torch.randn(4, 30)
y = torch.randint(4, (1000,))
x = kinds[y] + torch.randn(1000, 30)


class Standardised(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(30, 40)
        self.b = nn.Linear(40, 4)

    def forward(self, x):
        h = self.a(x)
        h = (h - h.mean(dim=0)) / (h.std(dim=0) + 1e-5)  # mistake
        # sound: h = (h - h.mean(dim=1, keepdim=True)) / (h.std(dim=1, keepdim=True) + 1e-5)
        return self.b(torch.relu(h))


net = Standardised()
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(5):
    for i in torch.randperm(800).split(40):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x[i]), y[i]).backward()
        opt.step()
net.eval()
with torch.no_grad():
    print("accuracy", (net(x[800:]).argmax(-1) == y[800:]).float().mean().item())
