"""The backbone is frozen, but model.train() lets its BatchNorm statistics go on moving."""
# expect: wrong-layers-frozen

import torch
from torch import nn

torch.manual_seed(0)


def block(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU())


class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.backbone = nn.Sequential(block(1, 8), nn.MaxPool2d(2), block(8, 16), nn.AdaptiveAvgPool2d(2), nn.Flatten())
        self.head = nn.Linear(64, classes)

    def forward(self, x):
        return self.head(self.backbone(x))


def batches(patterns, shift, n=40):
    for _ in range(n):
        y = torch.randint(len(patterns), (32,))
        yield patterns[y] + shift + 0.5 * torch.randn(32, 1, 10, 10), y


source = Net(6)
optimizer = torch.optim.Adam(source.parameters(), lr=1e-2)
for x, y in batches(torch.randn(6, 1, 10, 10), 0.0):
    optimizer.zero_grad()
    nn.functional.cross_entropy(source(x), y).backward()
    optimizer.step()

model = Net(3)
model.backbone.load_state_dict(source.backbone.state_dict())
for p in model.backbone.parameters():
    p.requires_grad = False  # named here
optimizer = torch.optim.Adam(model.head.parameters(), lr=1e-2)
model.train()  # named here
# sound: model.backbone.eval()
for x, y in batches(torch.randn(3, 1, 10, 10), 2.0):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
print(loss.item())
