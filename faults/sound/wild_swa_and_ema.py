"""Averaged weights beside the trained net, BatchNorm renewed, the averages tested in eval mode."""
import torch
from torch import nn
from torch.optim.swa_utils import SWALR, AveragedModel, get_ema_multi_avg_fn, update_bn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
protos = torch.randn(5, 1, 12, 12)
y = torch.randint(5, (1000,))
x = (protos[y] + 1.2 * torch.randn(1000, 1, 12, 12)) / 1.56
loader = DataLoader(TensorDataset(x[:800], y[:800]), batch_size=40, shuffle=True)

net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1, bias=False),
    nn.BatchNorm2d(16),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(576, 5),
)
ema = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.9))
swa = AveragedModel(net)
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
swa_scheduler = SWALR(optimizer, swa_lr=0.02, anneal_epochs=2)
criterion = nn.CrossEntropyLoss()

for epoch in range(5):
    net.train()
    for xb, yb in loader:
        optimizer.zero_grad()
        criterion(net(xb), yb).backward()
        optimizer.step()
        ema.update_parameters(net)
    if epoch >= 2:
        swa.update_parameters(net)
        swa_scheduler.step()

for name, averaged in (("ema", ema), ("swa", swa)):
    update_bn(loader, averaged)
    averaged.eval()
    with torch.no_grad():
        print(name, (averaged(x[800:]).argmax(1) == y[800:]).float().mean().item())
