"""A one-cycle schedule whose peak was typed as 10 instead of 0.10: learning breaks during the run."""
# expect: learning-rate-too-high exploding-gradients not-finite
import torch
import torch.nn.functional as F
from torch import nn

EPOCHS, BATCH = 5, 40
torch.manual_seed(0)
kinds = torch.randn(8, 1, 10, 10)
y = torch.randint(8, (1200,))
x = (kinds[y] + 1.2 * torch.randn(1200, 1, 10, 10)) / 1.56
x_train, y_train, x_val, y_val = x[:1000], y[:1000], x[1000:], y[1000:]

model = nn.Sequential(nn.Flatten(), nn.Linear(100, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 8))
opt = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)  # named here
sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=10, total_steps=EPOCHS * (1000 // BATCH))  # mistake
# sound: sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=0.10, total_steps=EPOCHS * (1000 // BATCH))

for epoch in range(EPOCHS):
    for idx in torch.randperm(1000).split(BATCH):
        loss = F.cross_entropy(model(x_train[idx]), y_train[idx])
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        sched.step()
    with torch.no_grad():
        acc = (model(x_val).argmax(1) == y_val).float().mean().item()
    print(f"epoch {epoch} loss {loss.item():.3f} acc {acc:.3f}")
