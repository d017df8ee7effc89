"""The pretrained tensors are put into a copy of the state, which nobody loads."""
# expect: weights-not-loaded

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(9, 24), nn.ReLU(), nn.Linear(24, 24), nn.ReLU())
        self.head = nn.Linear(24, classes)

    def forward(self, x):
        return self.head(self.body(x))


torch.manual_seed(0)
pretrained = {name: value.clone() for name, value in Net(7).state_dict().items() if not name.startswith("head")}
model = Net(3)
model.state_dict().update(pretrained)  # mistake
# sound: model.load_state_dict(pretrained, strict=False)
x = torch.randn(200, 9)
y = x[:, :3].argmax(1)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for _ in range(60):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
print(loss.item())
