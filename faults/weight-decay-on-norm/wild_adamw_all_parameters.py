"""AdamW with a strong weight decay on all parameters, BatchNorm's and the biases among them."""
# expect: weight-decay-on-norm
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)


def conv(cin, cout):
    return nn.Sequential(nn.Conv2d(cin, cout, 3, padding=1, bias=False), nn.BatchNorm2d(cout), nn.ReLU())


class Net(nn.Module):
    def __init__(self, classes=6):
        super().__init__()
        self.features = nn.Sequential(conv(3, 16), nn.MaxPool2d(2), conv(16, 32), nn.AdaptiveAvgPool2d(2))
        self.classifier = nn.Linear(128, classes)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


def groups(model, weight_decay):
    matrices = [p for p in model.parameters() if p.ndim > 1]
    vectors = [p for p in model.parameters() if p.ndim <= 1]
    return [{"params": matrices, "weight_decay": weight_decay}, {"params": vectors, "weight_decay": 0.0}]


base = torch.randn(6, 3, 12, 12)
y = torch.randint(6, (1000,))
x = (base[y] + torch.randn(1000, 3, 12, 12)) / 2**0.5
loader = DataLoader(TensorDataset(x[:800], y[:800]), batch_size=32, shuffle=True)
net = Net()
optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=0.05)  # mistake
# sound: optimizer = torch.optim.AdamW(groups(net, 0.05), lr=3e-3)
for epoch in range(3):
    net.train()
    for xb, yb in loader:
        loss = nn.functional.cross_entropy(net(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        print("epoch", epoch, (net(x[800:]).argmax(1) == y[800:]).float().mean().item())
