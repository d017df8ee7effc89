"""Body and head have an optimizer each; only the head's gradients are ever cleared."""
# expect: zero-grad-missing
import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)


class Body(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 12, 3, padding=1)
        self.c2 = nn.Conv2d(12, 24, 3, padding=1)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.c1(x)), 2)
        return F.max_pool2d(F.relu(self.c2(x)), 2).flatten(1)


def batches(x, y, size):
    for idx in torch.randperm(len(x)).split(size):
        yield x[idx], y[idx]


originals = torch.randn(6, 1, 12, 12)
y = torch.randint(6, (1000,))
x = (originals[y] + 1.4 * torch.randn(1000, 1, 12, 12)) / 1.72
x_train, y_train, x_test, y_test = x[:800], y[:800], x[800:], y[800:]

body, head = Body(), nn.Linear(24 * 9, 6)
optimizer_body = torch.optim.SGD(body.parameters(), lr=0.02, momentum=0.9)
optimizer_head = torch.optim.SGD(head.parameters(), lr=0.05, momentum=0.9)

for epoch in range(5):
    for xb, yb in batches(x_train, y_train, 25):
        # sound: optimizer_body.zero_grad()
        optimizer_head.zero_grad()
        loss = F.cross_entropy(head(body(xb)), yb)
        loss.backward()  # named here
        optimizer_body.step()  # named here
        optimizer_head.step()
    with torch.no_grad():
        print("epoch", epoch, "test", (head(body(x_test)).argmax(1) == y_test).float().mean().item())
