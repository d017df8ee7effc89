"""The hidden state carries its graph from batch to batch; retain_graph=True hides the error."""
# expect: graph-kept-alive

import torch
from torch import nn

torch.manual_seed(0)
series = torch.sin(torch.linspace(0, 60, 1201)).unsqueeze(1)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.RNNCell(1, 16)
        self.out = nn.Linear(16, 1)

    def forward(self, x, h):
        outputs = []
        for t in range(x.shape[0]):
            h = self.cell(x[t : t + 1], h)
            outputs.append(self.out(h))
        return torch.cat(outputs), h


net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
h = torch.zeros(1, 16)
gradients = [torch.zeros_like(p) for p in net.parameters()]
for start in range(0, 400, 20):
    x, y = series[start : start + 20], series[start + 1 : start + 21]
    # sound: h = h.detach()
    prediction, h = net(x, h)  # named here
    loss = nn.functional.mse_loss(prediction, y)
    net.zero_grad()
    loss.backward(retain_graph=True)  # mistake
    # sound: loss.backward()
    for p, g in zip(net.parameters(), gradients):
        g.mul_(0.9).add_(p.grad)
    if start % 100 == 0:
        print(start, loss.item())
