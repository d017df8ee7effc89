"""StepLR is meant in epochs but scheduler.step() sits in the batch loop: lr is 0 after one epoch."""
# expect: scheduler-misused
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(9)
d = load_digits()
x = torch.tensor(d.images, dtype=torch.float32).unsqueeze(1) / 16
y = torch.tensor(d.target)
train_loader = DataLoader(TensorDataset(x[:1500], y[:1500]), batch_size=30, shuffle=True)
test_loader = DataLoader(TensorDataset(x[1500:], y[1500:]), batch_size=99)
model = nn.Sequential(
    nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Conv2d(16, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
scheduler = StepLR(optimizer, step_size=2, gamma=0.5)  # named here
criterion = nn.CrossEntropyLoss()
for epoch in range(6):
    model.train()
    for data, target in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(data), target)
        loss.backward()
        optimizer.step()
        scheduler.step()  # mistake
    # sound: scheduler.step()
    model.eval()
    with torch.no_grad():
        ok = sum((model(a).argmax(1) == b).sum().item() for a, b in test_loader)
    print('epoch', epoch, 'lr', optimizer.param_groups[0]['lr'], 'loss', loss.item(), 'acc', ok / 297)
