"""'param.require_grad = False' is a typo that sets a new attribute and freezes nothing."""
# expect: wrong-layers-frozen
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits


class Extractor(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(x, 2)
        x = F.relu(self.conv2(x))
        return torch.flatten(F.max_pool2d(x, 2), 1)


class Model(nn.Module):
    def __init__(self, extractor, n_classes):
        super().__init__()
        self.extractor = extractor
        self.head = nn.Linear(128, n_classes)

    def forward(self, x):
        return self.head(self.extractor(x))


def set_parameter_requires_grad(module):
    for param in module.parameters():
        param.require_grad = False  # mistake
        # sound: param.requires_grad = False


def loop(model, optimizer, x, y, epochs):
    model.train()
    for epoch in range(epochs):
        for idx in torch.randperm(len(x)).split(40):
            optimizer.zero_grad()
            F.cross_entropy(model(x[idx]), y[idx]).backward()
            optimizer.step()


torch.manual_seed(0)
digits = load_digits()
x = (torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16 - 0.305) / 0.376
y = torch.tensor(digits.target)
low, high = (y < 5).nonzero()[:, 0], (y >= 5).nonzero()[:, 0]
high = high[torch.randperm(len(high))]

# first task: digits 0-4
first = Model(Extractor(), 5)
loop(first, torch.optim.Adam(first.parameters(), lr=2e-3), x[low], y[low], epochs=4)

# second task: digits 5-9 on the frozen features
second = Model(first.extractor, 5)
set_parameter_requires_grad(second.extractor)
optimizer = torch.optim.SGD(second.parameters(), lr=0.02, momentum=0.9)  # named here
loop(second, optimizer, x[high[:700]], y[high[:700]] - 5, epochs=6)
second.eval()
with torch.no_grad():
    hits = second(x[high[700:]]).argmax(1) == y[high[700:]] - 5
print("accuracy on the second task", hits.float().mean().item())
