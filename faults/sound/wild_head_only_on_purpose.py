"""A frozen, pretrained backbone in eval mode; only the head is trained, on purpose and rightly."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
        )

    def forward(self, x):
        return self.net(x)


class FineTuner(nn.Module):
    def __init__(self, backbone, classes):
        super().__init__()
        self.backbone = backbone.requires_grad_(False)
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(288, classes)

    def train(self, mode=True):
        super().train(mode)
        self.backbone.eval()
        return self

    def forward(self, x):
        with torch.no_grad():
            features = self.backbone(x)
        return self.head(self.dropout(features))


def draw(prototypes, n):
    y = torch.randint(len(prototypes), (n,))
    return (prototypes[y] + torch.randn(n, 1, 12, 12)) / 2**0.5, y


torch.manual_seed(0)
prototypes = torch.randn(15, 1, 12, 12)
backbone = Backbone()
probe = nn.Linear(288, 10)
optimizer = torch.optim.Adam([*backbone.parameters(), *probe.parameters()], lr=2e-3)
for step in range(80):
    x, y = draw(prototypes[:10], 32)
    optimizer.zero_grad()
    nn.functional.cross_entropy(probe(backbone(x)), y).backward()
    optimizer.step()

model = FineTuner(backbone, classes=5)
optimizer = torch.optim.Adam(model.head.parameters(), lr=5e-3)
criterion = nn.CrossEntropyLoss()
x, y = draw(prototypes[10:], 600)
loader = DataLoader(TensorDataset(x[:400], y[:400]), batch_size=25, shuffle=True)
for epoch in range(5):
    model.train()
    for xb, yb in loader:
        optimizer.zero_grad()
        criterion(model(xb), yb).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print(epoch, (model(x[400:]).argmax(1) == y[400:]).float().mean().item())
