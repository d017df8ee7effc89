"""The loss is computed from argmax; requires_grad_ on it only silences the error."""
# expect: graph-cut loss-without-gradient regression-loss-on-classes
import torch
from torch import nn

torch.manual_seed(1)
centres = torch.randn(4, 20)
labels = torch.randint(0, 4, (400,))
data = centres[labels] + 0.5 * torch.randn(400, 20)

model = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 4))
opt = torch.optim.SGD(model.parameters(), lr=0.1)
loss_fn = nn.MSELoss()
# sound: loss_fn = nn.CrossEntropyLoss()


def train_step(xb, yb):
    out = model(xb)
    pred = out.argmax(dim=1).float()  # mistake
    loss = loss_fn(pred, yb.float())  # mistake
    loss.requires_grad_()  # mistake
    # sound: loss = loss_fn(out, yb)
    opt.zero_grad()
    loss.backward()
    opt.step()
    return float(loss)


for step in range(60):
    idx = torch.randint(0, 400, (50,))
    value = train_step(data[idx], labels[idx])
print(value)
