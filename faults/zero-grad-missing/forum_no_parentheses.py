"""optimizer.zero_grad without the brackets. Python does not complain."""
# expect: zero-grad-missing
import torch
import torch.nn as nn
import torch.optim as optim
from torch.utils.data import Dataset, DataLoader


class Blobs(Dataset):
    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        self.labels = torch.randint(0, 4, (n,), generator=g)
        self.imgs = torch.randn(n, 3, 14, 14, generator=g) * 0.6
        for i, l in enumerate(self.labels.tolist()):
            self.imgs[i, :, (l // 2) * 7:(l // 2) * 7 + 7, (l % 2) * 7:(l % 2) * 7 + 7] += 0.5

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.imgs[i], self.labels[i]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.seq = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                                 nn.Flatten(), nn.Linear(8 * 49, 32), nn.ReLU(), nn.Linear(32, 4))

    def forward(self, x):
        return self.seq(x)


def main():
    torch.manual_seed(1)
    trainloader = DataLoader(Blobs(600, 1), batch_size=20, shuffle=True)
    testloader = DataLoader(Blobs(200, 2), batch_size=50)
    net = Net()
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
    for epoch in range(5):
        running_loss = 0.0
        for i, (inputs, labels) in enumerate(trainloader):
            optimizer.zero_grad  # mistake
            # sound: optimizer.zero_grad()
            outputs = net(inputs)
            loss = criterion(outputs, labels)
            loss.backward()  # named here
            optimizer.step()  # named here
            running_loss += loss.item()
            if i % 10 == 9:
                print('[%d, %5d] loss: %.3f' % (epoch + 1, i + 1, running_loss / 10))
                running_loss = 0.0
        correct = 0
        with torch.no_grad():
            for images, labels in testloader:
                correct += (net(images).argmax(1) == labels).sum().item()
        print('test accuracy: %d %%' % (100 * correct / 200))


if __name__ == '__main__':
    main()
