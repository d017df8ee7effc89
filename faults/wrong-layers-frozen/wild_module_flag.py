"""requires_grad = False is set on the module, not on its parameters: a plain attribute without effect."""
# expect: wrong-layers-frozen
import torch
from torch import nn, optim

torch.manual_seed(0)


def pretrain_backbone(patterns):
    backbone = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3), nn.Flatten())
    probe = nn.Linear(16 * 16, len(patterns))
    params = list(backbone.parameters()) + list(probe.parameters())
    opt = optim.Adam(params, lr=2e-3)
    for _ in range(60):
        y = torch.randint(len(patterns), (32,))
        x = (patterns[y] + torch.randn(32, 1, 12, 12)) / 2**0.5
        opt.zero_grad()
        nn.functional.cross_entropy(probe(backbone(x)), y).backward()
        opt.step()
    return backbone


patterns = torch.randn(12, 1, 12, 12)
backbone = pretrain_backbone(patterns[:6])
model = nn.Sequential(backbone, nn.Linear(16 * 16, 6))

# train only the classifier
model[0].requires_grad = False  # mistake
# sound: model[0].requires_grad_(False)

y = torch.randint(6, (600,))
x = (patterns[6:][y] + torch.randn(600, 1, 12, 12)) / 2**0.5
optimizer = optim.Adam(model.parameters(), lr=3e-3)  # named here
for epoch in range(5):
    for i in torch.randperm(400).split(25):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x[i]), y[i])
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch}: {loss.item():.3f}")
with torch.no_grad():
    print("accuracy", (model(x[400:]).argmax(1) == y[400:]).float().mean().item())
