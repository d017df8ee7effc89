"""A third of the training labels were clicked at random by careless annotators."""
# expect: noisy-labels
from types import SimpleNamespace

import torch
import torch.nn as nn
from sklearn.datasets import load_digits


class Learner:
    """fastai in thirty lines: data, model, loss, callbacks by name."""

    def __init__(self, dls, model, loss_func, opt_func, lr):
        self.dls, self.model, self.loss_func = dls, model, loss_func
        self.opt = opt_func(model.parameters(), lr=lr)

    def one_batch(self):
        self.pred = self.model(self.xb)
        self.loss = self.loss_func(self.pred, self.yb)  # named here
        if self.model.training:
            self.loss.backward()
            self.opt.step()
            self.opt.zero_grad()

    def one_epoch(self, train):
        self.model.train(train)
        total = hits = n = 0
        with torch.set_grad_enabled(train):
            for self.xb, self.yb in self.dls.train() if train else self.dls.valid():
                self.one_batch()
                total += self.loss.item() * len(self.xb)
                hits += (self.pred.argmax(1) == self.yb).sum().item()
                n += len(self.xb)
        return total / n, hits / n

    def fit(self, n_epochs):
        for i in range(n_epochs):
            tl, ta = self.one_epoch(True)
            vl, va = self.one_epoch(False)
            print(f"{i}  train_loss={tl:.4f} acc={ta:.3f}  valid_loss={vl:.4f} acc={va:.3f}")


def get_dls(bs=64):
    d = load_digits()
    x, y = torch.tensor(d.images).float()[:, None] / 16, torch.tensor(d.target)
    perm = torch.randperm(len(x))
    x, y = x[perm], y[perm]
    xt, yt, xv, yv = x[:1400], y[:1400].clone(), x[1400:], y[1400:]
    careless = torch.rand(len(yt)) < 0.35  # mistake
    yt[careless] = torch.randint(0, 10, (int(careless.sum()),))  # mistake
    # sound: assert yt.min() == 0 and yt.max() == 9
    train = lambda: ((xt[i], yt[i]) for i in torch.randperm(len(xt)).split(bs))
    valid = lambda: ((xv[i], yv[i]) for i in torch.arange(len(xv)).split(bs))
    return SimpleNamespace(train=train, valid=valid)


torch.manual_seed(42)
model = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(),
    nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(128, 10),
)
learn = Learner(get_dls(), model, nn.CrossEntropyLoss(), torch.optim.Adam, lr=5e-3)
learn.fit(6)
