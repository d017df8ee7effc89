"""The seed is set at the start of every epoch: each epoch has the same order and the same dropout."""
# expect: seed-misused
import argparse

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=5)
        self.conv2_drop = nn.Dropout2d(0.1)
        self.fc1 = nn.Linear(360, 50)
        self.fc2 = nn.Linear(50, 10)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv2_drop(self.conv1(x)), 2))
        x = x.view(-1, 360)
        x = F.relu(self.fc1(x))
        x = F.dropout(x, p=0.2, training=self.training)
        return self.fc2(x)


def train(args, model, loader, optimizer, epoch):
    torch.manual_seed(args.seed)  # mistake
    model.train()
    for batch_idx, (data, target) in enumerate(loader):  # named here
        optimizer.zero_grad()
        output = model(data)
        loss = F.cross_entropy(output, target)
        loss.backward()
        optimizer.step()
        if batch_idx % args.log_interval == 0:
            seen = batch_idx * len(data)
            print("Train Epoch: {} [{}/{}]\tLoss: {:.6f}".format(epoch, seen, len(loader.dataset), loss.item()))


def test(model, loader):
    model.eval()
    correct = 0
    with torch.no_grad():
        for data, target in loader:
            correct += model(data).argmax(1).eq(target).sum().item()
    print("Test set: Accuracy: {}/{}".format(correct, len(loader.dataset)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log-interval", type=int, default=10)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    g = torch.Generator().manual_seed(123)
    looks = torch.randn(10, 1, 16, 16, generator=g)
    y = torch.randint(10, (1300,), generator=g)
    x = 0.8 * looks[y] + torch.randn(1300, 1, 16, 16, generator=g)
    train_loader = DataLoader(TensorDataset(x[:1000], y[:1000]), batch_size=50, shuffle=True)  # named here
    test_loader = DataLoader(TensorDataset(x[1000:], y[1000:]), batch_size=300)
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    for epoch in range(1, args.epochs + 1):  # named here
        train(args, model, train_loader, optimizer, epoch)
        test(model, test_loader)


if __name__ == "__main__":
    main()
