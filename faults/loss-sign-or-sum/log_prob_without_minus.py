"""Cross-entropy written by hand without its minus sign."""
# expect: loss-sign-or-sum
import torch
from torch import nn

torch.manual_seed(0)


def cross_entropy(logits, target):
    logp = torch.log_softmax(logits, 1)
    picked = logp[torch.arange(len(target)), target]
    return picked.mean()  # mistake
    # sound: return -picked.mean()


net = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 3))
optimizer = torch.optim.SGD(net.parameters(), lr=0.02)
centres = torch.randn(3, 12)
for i in range(100):
    target = torch.randint(3, (32,))
    x = centres[target] + 0.5 * torch.randn(32, 12)
    optimizer.zero_grad()
    loss = cross_entropy(net(x), target)
    loss.backward()  # named here
    optimizer.step()
print(loss.item())
