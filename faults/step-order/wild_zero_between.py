"""zero_grad stands between backward and step: the step always sees gradients of zero."""
# expect: step-order
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
data = (torch.tensor(digits.data, dtype=torch.float32) / 16 - 0.305) / 0.376
target = torch.tensor(digits.target)
order = torch.randperm(len(data))
train_loader = DataLoader(TensorDataset(data[order[:1400]], target[order[:1400]]), batch_size=70, shuffle=True)

net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
loss_function = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.2)

for epoch in range(8):
    losses = []
    for x, y in train_loader:
        # sound: optimizer.zero_grad()
        loss = loss_function(net(x), y)
        loss.backward()
        optimizer.zero_grad()  # mistake
        optimizer.step()  # named here
        losses.append(loss.item())
    print(f"epoch {epoch}: {sum(losses) / len(losses):.4f}")

with torch.no_grad():
    print("accuracy", (net(data[order[1400:]]).argmax(1) == target[order[1400:]]).float().mean().item())
