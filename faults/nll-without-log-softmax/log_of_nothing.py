"""A hand-written likelihood picks the right class's score, but nobody took the log-softmax."""
# expect: nll-without-log-softmax
import torch
from torch import nn, optim
from sklearn.datasets import load_digits

torch.manual_seed(2)
data = load_digits()
x = torch.tensor(data.data).float().div(16).sub(0.3)
y = torch.tensor(data.target)
mix = torch.randperm(len(y))
x, y = x[mix], y[mix]


def nll(scores, target):
    return -scores[torch.arange(len(target)), target].mean()  # named here


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(64, 50)
        self.last = nn.Linear(50, 10)

    def forward(self, x):
        x = torch.relu(self.first(x))
        return self.last(x)  # mistake
        # sound: return torch.log_softmax(self.last(x), dim=1)


net = Classifier()
opt = optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for epoch in range(5):
    for start in range(0, 1400, 100):
        opt.zero_grad()
        loss = nll(net(x[start : start + 100]), y[start : start + 100])
        loss.backward()
        opt.step()
    print(epoch, loss.item())
with torch.no_grad():
    print("right:", (net(x[1400:]).argmax(dim=1) == y[1400:]).float().mean().item())
