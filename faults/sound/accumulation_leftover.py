"""Accumulation over three batches, scaled, with a last step for what is left; OneCycleLR steps with the optimizer."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
dataset = TensorDataset(torch.tensor(digits.data, dtype=torch.float32) / 16, torch.tensor(digits.target))
loader = DataLoader(dataset, batch_size=32, shuffle=True)
accumulate, epochs = 3, 4
model = nn.Sequential(nn.Linear(64, 64), nn.LayerNorm(64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
steps = -(-len(loader) // accumulate)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.2, total_steps=steps * epochs)
for epoch in range(epochs):
    running_loss = 0.0
    for i, (x, y) in enumerate(loader, 1):
        loss = nn.functional.cross_entropy(model(x), y)
        (loss / accumulate).backward()
        running_loss += loss.item()
        if i % accumulate == 0 or i == len(loader):
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad()
    print(epoch, running_loss / len(loader))
