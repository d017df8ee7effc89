"""scheduler.step() stands at the start of the epoch, as in PyTorch before 1.1."""
# expect: scheduler-misused

import torch
import torch.nn as nn
from torch.optim.lr_scheduler import MultiStepLR

torch.manual_seed(0)
patterns = torch.randn(3, 1, 8, 8)
labels = torch.randint(0, 3, (300,))
images = patterns[labels] + 0.7 * torch.randn(300, 1, 8, 8)
net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
scheduler = MultiStepLR(optimizer, milestones=[2, 4], gamma=0.1)
for epoch in range(6):
    scheduler.step()  # mistake
    for i in range(0, 300, 30):
        loss = nn.functional.cross_entropy(net(images[i : i + 30]), labels[i : i + 30])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    # sound: scheduler.step()
    print(epoch, optimizer.param_groups[0]["lr"], loss.item())
