"""Gradients are accumulated over 8 small batches, but the loss is not divided by 8."""
# expect: accumulation-not-scaled
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
accumulation_steps = 8
digits = load_digits()
x = (torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16 - 0.305) / 0.376
y = torch.tensor(digits.target)
perm = torch.randperm(len(x))
train_loader = DataLoader(TensorDataset(x[perm[:1408]], y[perm[:1408]]), batch_size=8, shuffle=True)

model = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(256, 10)
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

for epoch in range(4):
    optimizer.zero_grad()
    for i, (inputs, labels) in enumerate(train_loader):
        outputs = model(inputs)
        loss = criterion(outputs, labels)  # named here
        # sound: loss = loss / accumulation_steps
        loss.backward()  # named here
        if (i + 1) % accumulation_steps == 0:
            optimizer.step()  # named here
            optimizer.zero_grad()
    print(f"epoch {epoch} loss {loss.item():.4f}")

with torch.no_grad():
    print("accuracy", (model(x[perm[1408:]]).argmax(1) == y[perm[1408:]]).float().mean().item())
