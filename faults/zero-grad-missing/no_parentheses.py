"""optimizer.zero_grad is named, but not called."""
# expect: zero-grad-missing

import torch
import torch.nn as nn

torch.manual_seed(3)
X = torch.randn(512, 20)
w = torch.randn(20, 3)
Y = (X @ w).argmax(1)

model = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 3))
opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
loss_fn = nn.CrossEntropyLoss()

for epoch in range(5):
    perm = torch.randperm(512)
    for i in range(0, 512, 64):
        idx = perm[i : i + 64]
        opt.zero_grad  # mistake
        # sound: opt.zero_grad()
        loss = loss_fn(model(X[idx]), Y[idx])
        loss.backward()
        opt.step()
    print(epoch, loss.item())
