"""A MultiStepLR with its milestones is made, logged and saved, but step() is never called."""
# expect: scheduler-misused
import torch
from torch import nn
from torch.optim import lr_scheduler

torch.manual_seed(0)
EPOCHS = 8

x_all = torch.randn(1000, 2, 9, 9)
y_all = torch.randint(3, (1000,))
for k in range(3):
    x_all[y_all == k, :, 3 * k : 3 * k + 3] += 0.8
x_all = (x_all - x_all.mean()) / x_all.std()

net = nn.Sequential(nn.Conv2d(2, 12, 3), nn.ReLU(), nn.Conv2d(12, 12, 3), nn.ReLU(), nn.Flatten(), nn.Linear(300, 3))
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
scheduler = lr_scheduler.MultiStepLR(optimizer, milestones=[4, 6], gamma=0.1)  # named here
loss_fn = nn.CrossEntropyLoss()

history = []
for epoch in range(EPOCHS):
    for i in torch.randperm(800).split(40):
        optimizer.zero_grad()
        loss = loss_fn(net(x_all[i]), y_all[i])
        loss.backward()
        optimizer.step()  # named here
    # sound: scheduler.step()
    history.append({"epoch": epoch, "loss": loss.item(), "lr": scheduler.get_last_lr()[0]})
print(history[-1])
with torch.no_grad():
    print("accuracy", (net(x_all[800:]).argmax(1) == y_all[800:]).float().mean().item())
