"""Cross-entropy by hand takes the log of a softmax that has become exactly zero: 0 times minus infinity is NaN."""
# expect: not-finite
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(7)
K = 8
protos = F.interpolate(torch.randn(K, 1, 3, 3), size=(14, 14), mode="nearest")


def sample(n):
    t = torch.randint(K, (n,))
    return 3 * protos[t] + 3 * torch.randn(n, 1, 14, 14), t


def my_cross_entropy(logits, target):
    onehot = F.one_hot(target, K).float()
    probs = F.softmax(logits, dim=1)  # mistake
    return -(onehot * torch.log(probs)).sum(dim=1).mean()  # mistake
    # sound: return -(onehot * F.log_softmax(logits, dim=1)).sum(dim=1).mean()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 16, 3)
        self.c2 = nn.Conv2d(16, 32, 3, stride=2)
        self.lin = nn.Linear(32 * 5 * 5, 128)
        self.out = nn.Linear(128, K)

    def forward(self, x):
        x = F.relu(self.c1(x))
        x = F.relu(self.c2(x))
        x = F.relu(self.lin(x.flatten(1)))
        return self.out(x)


net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.03, momentum=0.9)
x_val, y_val = sample(400)
for it in range(1, 161):
    x, y = sample(32)
    optimizer.zero_grad()
    loss = my_cross_entropy(net(x), y)
    loss.backward()
    optimizer.step()
    if it % 40 == 0:
        net.eval()
        with torch.no_grad():
            acc = (net(x_val).argmax(1) == y_val).float().mean()
        net.train()
        print("iteration", it, "loss", loss.item(), "validation accuracy", acc.item())
