"""T_max is the number of epochs, but the schedule is stepped with every batch: the rate swings up and down."""
# expect: scheduler-misused

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
EPOCHS = 5
patterns = torch.randn(4, 20)
labels = torch.randint(0, 4, (600,))
loader = DataLoader(TensorDataset(patterns[labels] + torch.randn(600, 20), labels), batch_size=20, shuffle=True)
model = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 4))
opt = torch.optim.AdamW(model.parameters(), lr=5e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=EPOCHS)  # named here
for epoch in range(EPOCHS):
    for xb, yb in loader:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(model(xb), yb)
        loss.backward()
        opt.step()
        sched.step()  # mistake
    # sound: sched.step()
    print(epoch, loss.item())
