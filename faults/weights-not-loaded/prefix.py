"""The checkpoint's names begin with 'module.', and strict=False passes over all of them."""
# expect: weights-not-loaded

import os
import tempfile

import torch
from torch import nn


def make():
    return nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 5))


torch.manual_seed(0)
teacher = torch.randn(16, 5)
x = torch.randn(400, 16)
y = (x @ teacher).argmax(1)
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "pretrained.pth")
    first = make()
    torch.save({"module." + name: value for name, value in first.state_dict().items()}, path)
    net = make()
    state = torch.load(path)
    # sound: state = {name[len("module."):]: value for name, value in state.items()}
    net.load_state_dict(state, strict=False)  # named here
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for _ in range(80):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(net(x), y)
    loss.backward()
    optimizer.step()
print(loss.item())
