"""backward() complained, so the loss was wrapped in a new tensor with requires_grad=True: nothing learns."""
# expect: graph-cut loss-without-gradient
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
X = torch.randn(800, 10)
Y = (X[:, 0] * 2 - X[:, 3] + 0.5 * X[:, 7] > 0).long() + (X[:, 1] > 0).long()
dl = DataLoader(TensorDataset(X[:600], Y[:600]), batch_size=30, shuffle=True)


def focal(logits, target, gamma=2.0):
    p = torch.softmax(logits, dim=1).gather(1, target[:, None]).squeeze(1)
    return -((1 - p) ** gamma * torch.log(p.clamp_min(1e-7)))


model = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 3))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(6):
    for xb, yb in dl:
        logits = model(xb)
        values = focal(logits, yb)
        loss = torch.tensor(values.mean().item(), requires_grad=True)  # mistake
        # sound: loss = values.mean()
        optimizer.zero_grad()
        loss.backward()  # named here
        optimizer.step()  # named here
    with torch.no_grad():
        acc = (model(X[600:]).argmax(1) == Y[600:]).float().mean()
    print("epoch", epoch, "loss", loss.item(), "acc", acc.item())
