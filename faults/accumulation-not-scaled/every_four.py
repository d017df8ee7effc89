"""Gradients of four batches are summed for each step, and the loss is not divided by four."""
# expect: accumulation-not-scaled

import torch
from torch import nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
dataset = TensorDataset(torch.tensor(digits.data, dtype=torch.float32) / 16, torch.tensor(digits.target))
loader = DataLoader(dataset, batch_size=16, shuffle=True, drop_last=True)
accumulation_steps = 4

model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

for epoch in range(3):
    optimizer.zero_grad()
    for i, (x, y) in enumerate(loader):
        loss = loss_fn(model(x), y)
        # sound: loss = loss / accumulation_steps
        loss.backward()  # named here
        if (i + 1) % accumulation_steps == 0:
            optimizer.step()  # named here
            optimizer.zero_grad()
    print(epoch, loss.item())
