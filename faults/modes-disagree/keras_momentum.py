"""momentum=0.001 in BatchNorm (taken over from another convention): running statistics hardly move."""
# expect: modes-disagree
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
d = load_digits()
x, y = torch.tensor(d.images, dtype=torch.float32)[:, None], torch.tensor(d.target)
train = DataLoader(TensorDataset(x[:1500], y[:1500]), batch_size=50, shuffle=True)


def block(i, o):
    return nn.Sequential(
        nn.Conv2d(i, o, 3, padding=1),
        nn.BatchNorm2d(o, momentum=0.001),  # mistake
        # sound: nn.BatchNorm2d(o),
        nn.ReLU(),
    )


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(block(1, 16), block(16, 16), block(16, 32), nn.AdaptiveAvgPool2d(2))
        self.fc = nn.Linear(128, 10)

    def forward(self, x):
        return self.fc(self.body(x).flatten(1))


net = Net()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(3):
    net.train()
    for a, b in train:
        loss = nn.functional.cross_entropy(net(a), b)  # named here
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        acc = (net(x[1500:]).argmax(1) == y[1500:]).float().mean()
    print(epoch, float(loss), float(acc))
