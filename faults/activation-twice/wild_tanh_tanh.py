"""The encoder ends in Tanh, and the classifier opens with another Tanh."""
# expect: activation-twice
import torch
from torch import nn


class Encoder(nn.Sequential):
    def __init__(self, d_in, d_out):
        super().__init__(nn.Linear(d_in, 64), nn.Tanh(), nn.Linear(64, d_out), nn.Tanh())  # named here


class Classifier(nn.Sequential):
    def __init__(self, d_in, classes):
        super().__init__(
            nn.Tanh(),  # mistake
            nn.Linear(d_in, classes),
        )


class Learner:
    """A small training loop with callbacks."""

    def __init__(self, model, loss_func, opt, callbacks=()):
        self.model, self.loss_func, self.opt, self.callbacks = model, loss_func, opt, callbacks

    def __call__(self, event):
        for cb in self.callbacks:
            getattr(cb, event, lambda learner: None)(self)

    def one_batch(self, xb, yb):
        self.pred = self.model(xb)
        self.loss = self.loss_func(self.pred, yb)
        self.loss.backward()
        self.opt.step()
        self.opt.zero_grad()

    def fit(self, epochs, x, y, bs):
        for self.epoch in range(epochs):
            self.model.train()
            for idx in torch.randperm(len(x)).split(bs):
                self.one_batch(x[idx], y[idx])
            self("after_epoch")


class Recorder:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def after_epoch(self, learner):
        learner.model.eval()
        with torch.no_grad():
            acc = (learner.model(self.x).argmax(1) == self.y).float().mean().item()
        print(f"{learner.epoch:2d} {learner.loss.item():.4f} {acc:.4f}")


def main():
    torch.manual_seed(6)
    means = torch.randn(7, 30)
    y = torch.randint(7, (1300,))
    x = means[y] + torch.randn(1300, 30)
    model = nn.Sequential(Encoder(30, 32), Classifier(32, 7))
    opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    Learner(model, nn.CrossEntropyLoss(), opt, [Recorder(x[1000:], y[1000:])]).fit(6, x[:1000], y[:1000], 50)


if __name__ == "__main__":
    main()
