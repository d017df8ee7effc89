"""Two classes, one output, and cross-entropy: the loss is zero from the first step on."""
# expect: outputs-not-classes
import torch
from torch import nn

torch.manual_seed(7)
x = torch.randn(800, 10)
y = (x[:, 0] + x[:, 1] > 0).float().unsqueeze(1)
net = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, 1))  # named here
loss_fn = nn.CrossEntropyLoss()  # mistake
# sound: loss_fn = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(5):
    for i in torch.randperm(700).split(35):
        optimizer.zero_grad()
        loss = loss_fn(net(x[i]), y[i])  # named here
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
with torch.no_grad():
    print("accuracy", ((net(x[700:]) > 0).float() == y[700:]).float().mean().item())
