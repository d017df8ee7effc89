"""The last layer is made in the first forward pass, when the optimizer has already been built."""
# expect: not-in-optimizer
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)


class AutoNet(nn.Module):
    """Finds the number of flattened features by itself."""

    def __init__(self, classes):
        super().__init__()
        self.classes = classes
        self.conv = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.MaxPool2d(2))
        self.fc = None

    def forward(self, x):
        x = self.conv(x).flatten(1)
        if self.fc is None:
            self.fc = nn.Linear(x.shape[1], self.classes)  # named here
        return self.fc(x)


flags = torch.randn(20, 3, 10, 10)
y = torch.randint(20, (1200,))
x = (flags[y] + 1.5 * torch.randn(1200, 3, 10, 10)) / 1.8
loader = DataLoader(TensorDataset(x[:1000], y[:1000]), batch_size=40, shuffle=True)

net = AutoNet(20)
# sound: net(x[:1])
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)  # named here
criterion = nn.CrossEntropyLoss()
for epoch in range(5):
    for images, labels in loader:
        net.zero_grad()
        loss = criterion(net(images), labels)
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
with torch.no_grad():
    print("accuracy", (net(x[1000:]).argmax(1) == y[1000:]).float().mean().item())
