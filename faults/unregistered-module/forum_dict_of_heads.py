"""Multi task network, one head per attribute in a dict. The heads never get better."""
# expect: unregistered-module not-in-optimizer
import torch
from torch import nn

torch.manual_seed(1234)
ATTRS = {'colour': 3, 'position': 4}


class MultiHead(nn.Module):
    def __init__(self, attrs):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(3, 16, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU(),
            nn.Flatten(), nn.Linear(32 * 16, 64), nn.ReLU())
        self.heads = {name: nn.Linear(64, n) for name, n in attrs.items()}  # mistake
        # sound: self.heads = nn.ModuleDict({name: nn.Linear(64, n) for name, n in attrs.items()})

    def forward(self, x):
        f = self.backbone(x)
        return {name: head(f) for name, head in self.heads.items()}  # named here


def sample(n):
    colour = torch.randint(0, 3, (n,))
    pos = torch.randint(0, 4, (n,))
    img = torch.randn(n, 3, 16, 16) * 0.4
    for k in range(n):
        r, c = divmod(int(pos[k]), 2)
        img[k, colour[k], r * 8:r * 8 + 8, c * 8:c * 8 + 8] += 1
    return img, {'colour': colour, 'position': pos}


model = MultiHead(ATTRS)
opt = torch.optim.Adam(model.parameters(), lr=1e-3)  # named here
ce = nn.CrossEntropyLoss()
train_x, train_t = sample(512)
test_x, test_t = sample(256)
for epoch in range(5):
    for i in range(0, 512, 32):
        out = model(train_x[i:i + 32])
        loss = sum(ce(out[a], train_t[a][i:i + 32]) for a in ATTRS)
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        out = model(test_x)
    accs = {a: round((out[a].argmax(1) == test_t[a]).float().mean().item(), 3) for a in ATTRS}
    print('epoch', epoch, 'loss', loss.item(), accs)
