"""Gradient accumulation as it should be: divided, with a step for what is left at the end of the epoch."""
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
ACCUM = 4
digits = load_digits()
x = (torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16 - 0.305) / 0.376
y = torch.tensor(digits.target)
perm = torch.randperm(len(x))
train_loader = DataLoader(TensorDataset(x[perm[:1400]], y[perm[:1400]]), batch_size=16, shuffle=True)

model = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(256, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

for epoch in range(5):
    running = 0.0
    for i, (inputs, labels) in enumerate(train_loader, start=1):
        loss = criterion(model(inputs), labels)
        (loss / ACCUM).backward()
        running += loss.item() * len(labels)
        if i % ACCUM == 0 or i == len(train_loader):
            optimizer.step()
            optimizer.zero_grad()
    print(f"epoch {epoch} loss {running / 1400:.4f}")

with torch.no_grad():
    print("accuracy", (model(x[perm[1400:]]).argmax(1) == y[perm[1400:]]).float().mean().item())
