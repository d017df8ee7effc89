"""Warm-up and cosine in one SequentialLR, per batch; then warm restarts with fractions; then a weight average."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, CosineAnnealingWarmRestarts, LinearLR, SequentialLR
from torch.optim.swa_utils import SWALR, AveragedModel, update_bn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
X, Y = load_digits(return_X_y=True)
X, Y = torch.tensor(X, dtype=torch.float32) / 16, torch.tensor(Y)
train_loader = DataLoader(TensorDataset(X[:1400], Y[:1400]), batch_size=50, shuffle=True)
test_loader = DataLoader(TensorDataset(X[1400:], Y[1400:]), batch_size=50)
model = nn.Sequential(nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
total = 3 * len(train_loader)
scheduler = SequentialLR(
    optimizer,
    [LinearLR(optimizer, start_factor=0.1, total_iters=10), CosineAnnealingLR(optimizer, T_max=total - 10)],
    milestones=[10],
)


def epoch_of(after_step):
    model.train()
    for i, (x, y) in enumerate(train_loader):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
        after_step(i)


for epoch in range(3):
    epoch_of(lambda i: scheduler.step())
for group in optimizer.param_groups:
    group["lr"] = group["initial_lr"] = 0.05
restarts = CosineAnnealingWarmRestarts(optimizer, T_0=1, T_mult=2)
for epoch in range(3):
    epoch_of(lambda i: restarts.step(epoch + i / len(train_loader)))
average, swa_scheduler = AveragedModel(model), SWALR(optimizer, swa_lr=0.02, anneal_epochs=1)
for epoch in range(2):
    epoch_of(lambda i: None)
    average.update_parameters(model)
    swa_scheduler.step()
update_bn(train_loader, average)
average.eval()
with torch.no_grad():
    print(sum((average(x).argmax(1) == y).sum().item() for x, y in test_loader) / len(test_loader.dataset))
