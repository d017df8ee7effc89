"""The net is built with its default of 1000 outputs although there are only ten classes."""
# expect: outputs-not-classes
import torch
import torch.nn as nn
from sklearn.datasets import load_digits


class BasicBlock(nn.Module):
    def __init__(self, ch):
        super().__init__()
        self.conv1 = nn.Conv2d(ch, ch, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(ch)
        self.conv2 = nn.Conv2d(ch, ch, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(ch)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return self.relu(out + x)


class SmallResNet(nn.Module):
    def __init__(self, num_classes=1000, in_channels=1):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, 24, 3, padding=1, bias=False), nn.BatchNorm2d(24), nn.ReLU(inplace=True)
        )
        self.layer1 = BasicBlock(24)
        self.pool = nn.MaxPool2d(2)
        self.layer2 = BasicBlock(24)
        self.fc = nn.Linear(24 * 16, num_classes)  # named here

    def forward(self, x):
        x = self.layer2(self.pool(self.layer1(self.stem(x))))
        return self.fc(torch.flatten(x, 1))  # named here


def train_one_epoch(model, criterion, optimizer, x, y):
    model.train()
    for idx in torch.randperm(len(x)).split(50):
        loss = criterion(model(x[idx]), y[idx])  # named here
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


@torch.no_grad()
def evaluate(model, x, y):
    model.eval()
    return (model(x).argmax(1) == y).float().mean().item()


if __name__ == "__main__":
    torch.manual_seed(0)
    data = load_digits()
    x = (torch.tensor(data.images, dtype=torch.float32).unsqueeze(1) - 4.88) / 6.02
    y = torch.tensor(data.target)
    model = SmallResNet()  # mistake
    # sound: model = SmallResNet(num_classes=10)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    for epoch in range(2):
        print(epoch, train_one_epoch(model, criterion, optimizer, x[:1500], y[:1500]))
    print("Acc@1", evaluate(model, x[1500:], y[1500:]))
