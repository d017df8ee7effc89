"""Negative log-likelihood written by hand without the 'negative': the net learns to avoid the right class."""
# expect: loss-sign-or-sum
import torch
from sklearn.datasets import load_digits

torch.manual_seed(0)
digits = load_digits()
x = (torch.tensor(digits.data).float() / 16 - 0.305) / 0.376
y = torch.tensor(digits.target)
shuffle = torch.randperm(x.shape[0])
x_train, y_train = x[shuffle[:1400]], y[shuffle[:1400]]
x_valid, y_valid = x[shuffle[1400:]], y[shuffle[1400:]]

weights = (torch.randn(64, 10) / 8).requires_grad_()
bias = torch.zeros(10, requires_grad=True)


def log_softmax(z):
    return z - z.exp().sum(-1, keepdim=True).log()


def model(xb):
    return log_softmax(xb @ weights + bias)


def nll(log_p, target):
    return log_p[torch.arange(len(target)), target].mean()  # mistake
    # sound: return -log_p[torch.arange(len(target)), target].mean()


bs, lr = 64, 0.3
for epoch in range(5):
    order = torch.randperm(1400)
    for i in range(0, 1400, bs):
        idx = order[i : i + bs]
        loss = nll(model(x_train[idx]), y_train[idx])
        loss.backward()
        with torch.no_grad():
            weights -= weights.grad * lr
            bias -= bias.grad * lr
            weights.grad.zero_()
            bias.grad.zero_()
    print(epoch, loss.item())
with torch.no_grad():
    print("valid accuracy", (model(x_valid).argmax(1) == y_valid).float().mean().item())
