"""A plain recurrent network over 60 steps with large recurrent weights, without clipping."""
# expect: exploding-gradients initialisation-gain
import torch
from torch import nn

torch.manual_seed(0)


class Cell(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.inp = nn.Linear(4, hidden)
        self.rec = nn.Linear(hidden, hidden)
        self.out = nn.Linear(hidden, 1)
        nn.init.orthogonal_(self.rec.weight, gain=1.3)  # mistake
        # sound: nn.init.orthogonal_(self.rec.weight, gain=0.9)

    def forward(self, x):
        h = torch.zeros(x.shape[0], 32)
        for t in range(x.shape[1]):
            h = self.inp(x[:, t]) + self.rec(h)
        return self.out(h)


net = Cell()
optimizer = torch.optim.SGD(net.parameters(), lr=0.003)
for step in range(60):
    x = torch.randn(32, 60, 4) * 0.1
    y = x[:, -10:].sum((1, 2), keepdim=False).unsqueeze(1)
    loss = nn.functional.mse_loss(net(x), y)
    optimizer.zero_grad()
    loss.backward()  # named here
    optimizer.step()
print(loss.item())
