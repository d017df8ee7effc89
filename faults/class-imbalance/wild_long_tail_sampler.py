"""The most frequent class has a hundred times the pictures of the rarest, and every batch is drawn as they come."""
# expect: class-imbalance
import argparse

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset, WeightedRandomSampler


class LongTail(Dataset):
    sizes = (800, 300, 110, 40, 15, 8)

    def __init__(self, sizes=None, seed=0):
        gen = torch.Generator().manual_seed(seed)
        base = F.interpolate(torch.randn(6, 3, 4, 4, generator=torch.Generator().manual_seed(99)), size=12)
        self.targets = torch.repeat_interleave(torch.arange(6), torch.tensor(sizes or self.sizes))
        noise = torch.randn(len(self.targets), 3, 12, 12, generator=gen)
        self.data = 0.35 * base[self.targets] + noise

    def __getitem__(self, i):
        return self.data[i], self.targets[i]

    def __len__(self):
        return len(self.targets)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 24, 3, stride=3)
        self.fc = nn.Linear(24 * 16, 6)

    def forward(self, x):
        return self.fc(F.relu(self.conv(x)).flatten(1))


def balanced_accuracy(net, dataset):
    net.eval()
    with torch.no_grad():
        pred = net(dataset.data).argmax(1)
    return [round((pred[dataset.targets == k] == k).float().mean().item(), 2) for k in range(6)]


def main():
    parser = argparse.ArgumentParser(description="long-tailed toy problem")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--lr", type=float, default=0.01)
    opts = parser.parse_args()
    torch.manual_seed(0)
    train, val = LongTail(seed=1), LongTail(sizes=(40,) * 6, seed=2)
    weights = 1.0 / torch.bincount(train.targets).double()[train.targets]
    balanced = WeightedRandomSampler(weights, num_samples=len(train), replacement=True)
    print("sampler ready for", balanced.num_samples, "pictures")
    loader = DataLoader(train, batch_size=opts.batch_size, shuffle=True)  # mistake
    # sound: loader = DataLoader(train, batch_size=opts.batch_size, sampler=balanced)
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=opts.lr, momentum=0.9, weight_decay=1e-4)
    for epoch in range(opts.epochs):
        net.train()
        for x, y in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x), y)  # named here
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch}: accuracy of each class {balanced_accuracy(net, val)}")


if __name__ == "__main__":
    main()
