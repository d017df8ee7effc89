"""Sound: an auxiliary head as in GoogLeNet, used in training only; one ReLU module shared by all layers."""
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


class AuxNet(nn.Module):
    def __init__(self, classes=6):
        super().__init__()
        self.relu = nn.ReLU(inplace=True)
        self.pool = nn.MaxPool2d(2)
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 24, 3, padding=1)
        self.conv3 = nn.Conv2d(24, 32, 3, padding=1)
        self.aux = nn.Linear(24 * 16, classes)
        self.fc = nn.Linear(32 * 4, classes)

    def forward(self, x):
        x = self.pool(self.relu(self.conv1(x)))
        x = self.pool(self.relu(self.conv2(x)))
        aux = self.aux(x.flatten(1)) if self.training else None
        x = self.pool(self.relu(self.conv3(x)))
        out = self.fc(x.flatten(1))
        return (out, aux) if self.training else out


def main():
    torch.manual_seed(0)
    proto = torch.randn(6, 3, 16, 16)
    y = torch.randint(6, (860,))
    x = 0.7 * proto[y] + 0.7 * torch.randn(860, 3, 16, 16)
    train = DataLoader(TensorDataset(x[:660], y[:660]), batch_size=33, shuffle=True)
    test = DataLoader(TensorDataset(x[660:], y[660:]), batch_size=50)
    net, criterion = AuxNet(), nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    for epoch in range(3):
        net.train()
        for images, labels in train:
            out, aux = net(images)
            loss = criterion(out, labels) + 0.4 * criterion(aux, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        net.eval()
        right = 0
        with torch.no_grad():
            for images, labels in test:
                right += (net(images).argmax(1) == labels).sum().item()
        print(f"epoch {epoch} loss {loss.item():.3f} test {right / 200:.3f}")


if __name__ == "__main__":
    main()
