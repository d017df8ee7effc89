"""StepLR(step_size=5) was meant in epochs, but scheduler.step() stands in the loop over the batches."""
# expect: scheduler-misused
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
epochs = 12
digits = load_digits()
x = (torch.tensor(digits.data, dtype=torch.float32) / 16 - 0.305) / 0.376
y = torch.tensor(digits.target)
perm = torch.randperm(len(x))
loader = DataLoader(TensorDataset(x[perm[:1400]], y[perm[:1400]]), batch_size=70, shuffle=True)

model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
scheduler = StepLR(optimizer, step_size=5, gamma=0.1)  # named here

for epoch in range(epochs):
    for data, target in loader:
        optimizer.zero_grad()
        loss = criterion(model(data), target)
        loss.backward()
        optimizer.step()
        scheduler.step()  # mistake
    # sound: scheduler.step()
    if epoch % 4 == 0:
        print(epoch, loss.item(), scheduler.get_last_lr())

with torch.no_grad():
    print("accuracy", (model(x[perm[1400:]]).argmax(1) == y[perm[1400:]]).float().mean().item())
