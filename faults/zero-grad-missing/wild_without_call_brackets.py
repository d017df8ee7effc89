"""optimizer.zero_grad is named but not called; the line does nothing."""
# expect: zero-grad-missing
import torch
from sklearn.datasets import load_digits
from torch import nn, optim

torch.manual_seed(0)

inputs, targets = load_digits(return_X_y=True)
inputs = torch.from_numpy(inputs).float()
inputs = (inputs - inputs.mean()) / inputs.std()
targets = torch.from_numpy(targets)
split = torch.randperm(len(inputs))
train_idx, test_idx = split[:1450], split[1450:]

model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters(), lr=0.01)

for epoch in range(10):
    for batch in train_idx[torch.randperm(len(train_idx))].split(50):
        optimizer.zero_grad  # mistake
        # sound: optimizer.zero_grad()
        loss = criterion(model(inputs[batch]), targets[batch])
        loss.backward()  # named here
        optimizer.step()  # named here
    if epoch % 3 == 0:
        print("epoch", epoch, "loss", loss.item())

with torch.no_grad():
    out = model(inputs[test_idx])
print("accuracy", (out.argmax(1) == targets[test_idx]).float().mean().item())
