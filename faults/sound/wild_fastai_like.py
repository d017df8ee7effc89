"""A fastai-like learner by hand: callbacks with before and after, one-cycle learning rate, a recorder."""
import types

import torch
from sklearn.datasets import load_digits
from torch import nn


class Callback:
    def __getattr__(self, name):
        if name.startswith(("before_", "after_")):
            return lambda: None
        return getattr(self.__dict__["learn"], name)


class Recorder(Callback):
    def before_fit(self):
        self.losses, self.lrs = [], []

    def after_batch(self):
        if self.training:
            self.losses.append(self.loss.item())
            self.lrs.append(self.opt.param_groups[0]["lr"])


class OneCycle(Callback):
    def __init__(self, lr_max):
        self.lr_max = lr_max

    def before_fit(self):
        steps = self.n_epoch * self.dls.n_batches
        self.sched = torch.optim.lr_scheduler.OneCycleLR(self.opt, self.lr_max, total_steps=steps)

    def after_step(self):
        self.sched.step()


class Metrics(Callback):
    def before_epoch(self):
        self.hits = self.seen = 0

    def after_batch(self):
        if not self.training:
            self.hits += (self.pred.argmax(-1) == self.yb).sum().item()
            self.seen += len(self.yb)

    def after_epoch(self):
        print(f"epoch {self.epoch}  valid accuracy {self.hits / self.seen:.3f}")


class Learner:
    def __init__(self, dls, model, loss_func, cbs):
        self.dls, self.model, self.loss_func, self.cbs = dls, model, loss_func, cbs
        self.opt = torch.optim.AdamW(model.parameters(), lr=1e-3)
        for cb in cbs:
            cb.learn = self

    def __call__(self, event):
        for cb in self.cbs:
            getattr(cb, event)()

    def all_batches(self, dl):
        for self.xb, self.yb in dl:
            self.pred = self.model(self.xb)
            self.loss = self.loss_func(self.pred, self.yb)
            if self.training:
                self.loss.backward()
                self.opt.step()
                self("after_step")
                self.opt.zero_grad(set_to_none=True)
            self("after_batch")

    def fit(self, n_epoch):
        self.n_epoch = n_epoch
        self("before_fit")
        for self.epoch in range(n_epoch):
            self("before_epoch")
            self.training = True
            self.model.train()
            self.all_batches(self.dls.train())
            self.training = False
            self.model.eval()
            with torch.no_grad():
                self.all_batches(self.dls.valid())
            self("after_epoch")


def digits_dls(bs):
    d = load_digits()
    x, y = torch.tensor(d.images).float()[:, None] / 16, torch.tensor(d.target)
    p = torch.randperm(len(x))
    tr, va = p[:1400], p[1400:]
    mean, std = x[tr].mean(), x[tr].std()
    x = (x - mean) / std
    return types.SimpleNamespace(
        train=lambda: ((x[i], y[i]) for i in tr[torch.randperm(len(tr))].split(bs)),
        valid=lambda: ((x[i], y[i]) for i in va.split(2 * bs)),
        n_batches=-(-len(tr) // bs),
    )


torch.manual_seed(0)
model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Conv2d(16, 32, 3), nn.ReLU(), nn.Flatten(), nn.Linear(512, 10))
recorder = Recorder()
Learner(digits_dls(56), model, nn.CrossEntropyLoss(), [recorder, OneCycle(6e-3), Metrics()]).fit(4)
print(f"loss {recorder.losses[0]:.3f} -> {recorder.losses[-1]:.3f}, highest learning rate {max(recorder.lrs):.4f}")
