"""The learning rate is chosen by the test accuracy that is reported."""
# expect: chosen-on-test-set

import torch
from torch import nn

torch.manual_seed(0)
w = torch.randn(20, 4)
x = torch.randn(600, 20)
y = (x @ w + torch.randn(600, 4)).argmax(1)
x_train, y_train = x[:300], y[:300]
x_val, y_val = x[300:450], y[300:450]
x_test, y_test = x[450:], y[450:]


def train(lr):
    torch.manual_seed(1)
    net = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 4))
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)
    for _ in range(60):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x_train), y_train).backward()
        optimizer.step()
    return net


def score(net, x, y):
    with torch.no_grad():
        return (net(x).argmax(1) == y).float().mean().item()


best_acc, best_lr = 0, None
for lr in (0.01, 0.1, 0.5):
    net = train(lr)
    acc = score(net, x_test, y_test)  # mistake
    # sound: acc = score(net, x_val, y_val)
    print(lr, acc)
    if acc > best_acc:  # named here
        best_acc, best_lr, best_net = acc, lr, net
print("best learning rate", best_lr, "test accuracy", score(best_net, x_test, y_test))
