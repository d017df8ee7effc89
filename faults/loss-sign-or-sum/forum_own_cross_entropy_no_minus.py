"""Wrote cross entropy on my own as in the lecture: log_probs[range(n), y].mean(). Loss goes to -1000."""
# expect: loss-sign-or-sum
import torch
from sklearn.datasets import load_digits

torch.manual_seed(3)
d = load_digits()
x = torch.tensor(d.data / 8. - 1, dtype=torch.float)
t = torch.tensor(d.target)
x_train, t_train, x_valid, t_valid = x[:1500], t[:1500], x[1500:], t[1500:]


class Mnist_Logistic(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = torch.nn.Linear(64, 50)
        self.lin = torch.nn.Linear(50, 10)

    def forward(self, xb):
        return self.lin(torch.tanh(self.hidden(xb)))


def log_softmax(z):
    return z - z.exp().sum(-1, keepdim=True).log()


def nll(scores, target):
    log_probs = log_softmax(scores)
    return log_probs[range(target.shape[0]), target].mean()  # mistake
    # sound: return -log_probs[range(target.shape[0]), target].mean()


def accuracy(out, yb):
    preds = torch.argmax(out, dim=1)
    return (preds == yb).float().mean()


bs, lr, epochs = 64, 0.1, 8
model = Mnist_Logistic()
opt = torch.optim.SGD(model.parameters(), lr=lr)
for epoch in range(epochs):
    order = torch.randperm(1500)
    for i in range((1500 - 1) // bs + 1):
        sel = order[i * bs:i * bs + bs]
        pred = model(x_train[sel])
        loss = nll(pred, t_train[sel])  # named here
        loss.backward()  # named here
        opt.step()
        opt.zero_grad()
    with torch.no_grad():
        print(epoch, loss.item(), accuracy(model(x_valid), t_valid).item())
