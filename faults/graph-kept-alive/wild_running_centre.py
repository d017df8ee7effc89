"""A running mean of the features keeps the graph of all earlier batches; retain_graph hides the error."""
# expect: graph-kept-alive
import torch
from torch import nn


class CentredNet(nn.Module):
    def __init__(self, classes=4):
        super().__init__()
        self.features = nn.Sequential(nn.Flatten(), nn.Linear(100, 32), nn.Tanh())
        self.head = nn.Linear(32, classes)
        self.centre = torch.zeros(32)

    def forward(self, x):
        f = self.features(x)
        if self.training:
            self.centre = 0.99 * self.centre + 0.01 * f.mean(0)  # mistake
            # sound: self.centre = 0.99 * self.centre + 0.01 * f.mean(0).detach()
        return self.head(f - self.centre.detach()), f - self.centre


torch.manual_seed(0)
seals = torch.randn(4, 1, 10, 10)
y = torch.randint(4, (800,))
x = (seals[y] + 1.5 * torch.randn(800, 1, 10, 10)) / 1.8
net = CentredNet()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
for epoch in range(3):
    net.train()
    for i in torch.randperm(640).split(32):
        optimizer.zero_grad()
        logits, residual = net(x[i])
        loss = nn.functional.cross_entropy(logits, y[i]) + 1e-3 * residual.pow(2).mean()
        loss.backward(retain_graph=True)  # mistake
        # sound: loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        print(epoch, (net(x[640:])[0].argmax(1) == y[640:]).float().mean().item())
