"""logsigmoid was taken for log_softmax: the ten 'probabilities' of a row need not sum to one."""
# expect: nll-without-log-softmax
import torch
from torch import nn
from torch.nn.functional import logsigmoid, log_softmax, nll_loss

torch.manual_seed(21)
n_train, n_test, n_classes = 960, 240, 6
protos = torch.randn(n_classes, 40)
y = torch.randint(n_classes, (n_train + n_test,))
x = protos[y] + 1.2 * torch.randn(n_train + n_test, 40)

w1 = nn.Parameter(torch.randn(40, 64) * (2 / 40) ** 0.5)
b1 = nn.Parameter(torch.zeros(64))
w2 = nn.Parameter(torch.randn(64, n_classes) * (1 / 64) ** 0.5)
b2 = nn.Parameter(torch.zeros(n_classes))
params = [w1, b1, w2, b2]


def forward(inp):
    hidden = (inp @ w1 + b1).relu()
    scores = hidden @ w2 + b2
    return logsigmoid(scores)  # mistake
    # sound: return log_softmax(scores, dim=1)


optimizer = torch.optim.SGD(params, lr=0.1, momentum=0.9)
for epoch in range(4):
    running = 0.0
    for idx in torch.randperm(n_train).split(48):
        optimizer.zero_grad()
        loss = nll_loss(forward(x[idx]), y[idx])  # named here
        loss.backward()
        optimizer.step()
        running += loss.item() * len(idx)
    with torch.no_grad():
        hits = (forward(x[n_train:]).argmax(1) == y[n_train:]).sum().item()
    print(f"{epoch}: loss {running / n_train:.4f}  test {hits}/{n_test}")
