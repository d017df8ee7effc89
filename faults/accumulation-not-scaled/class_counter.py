"""A trainer with a counter of micro batches never scales its loss; it clips, so Adam is hit too."""
# expect: accumulation-not-scaled

import torch
import torch.nn.functional as F
from torch import nn


class Trainer:
    def __init__(self, model, lr, grad_accum=8):
        self.model, self.grad_accum, self.counter = model, grad_accum, 0
        self.opt = torch.optim.AdamW(model.parameters(), lr=lr)

    def train_batch(self, x, y):
        out = self.model(x)
        loss = F.cross_entropy(out, y)
        loss.backward()  # mistake
        # sound: (loss / self.grad_accum).backward()
        self.counter += 1
        if self.counter % self.grad_accum == 0:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.opt.step()
            self.opt.zero_grad(set_to_none=True)
        return loss.item()


torch.manual_seed(0)
w = torch.randn(10, 3)
x = torch.randn(800, 10)
y = (x @ w).argmax(1)
trainer = Trainer(nn.Sequential(nn.Linear(10, 32), nn.GELU(), nn.Linear(32, 3)), lr=1e-2)
for epoch in range(6):
    losses = [trainer.train_batch(x[i], y[i]) for i in torch.randperm(800).split(10)]
    print(epoch, sum(losses) / len(losses))
