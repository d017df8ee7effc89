"""I typed param.require_grad = False, so the backbone I believe frozen is trained with the rest."""
# expect: wrong-layers-frozen
import copy

import torch
from torch import nn

torch.manual_seed(12)
proto = torch.randn(12, 1, 16, 16)


def batches(classes, n, bs=32):
    for _ in range(n):
        y = torch.randint(0, len(classes), (bs,))
        yield proto[torch.tensor(classes)[y]] + torch.randn(bs, 1, 16, 16), y


class Model(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU(), nn.Flatten())
        self.head = nn.Linear(32 * 16, n)

    def forward(self, x):
        return self.head(self.backbone(x))


loss_fn = nn.CrossEntropyLoss()
pre = Model(8)
opt = torch.optim.Adam(pre.parameters(), lr=1e-3)
for x, y in batches(list(range(8)), 60):
    opt.zero_grad()
    loss_fn(pre(x), y).backward()
    opt.step()

# transfer learning, train only the head
model = copy.deepcopy(pre)
for param in model.backbone.parameters():
    param.require_grad = False  # mistake
    # sound: param.requires_grad = False
model.head = nn.Linear(32 * 16, 4)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)  # named here
for epoch in range(3):
    model.train()
    for x, y in batches([8, 9, 10, 11], 20):
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        x, y = next(batches([8, 9, 10, 11], 1, 200))
        print(epoch, loss.item(), (model(x).argmax(1) == y).float().mean().item())
