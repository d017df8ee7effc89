"""pytorch-cifar style: the best checkpoint is kept by test accuracy, and that accuracy is reported."""
# expect: chosen-on-test-set
import copy

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
d = load_digits()
x = (torch.tensor(d.images, dtype=torch.float32).unsqueeze(1) - 4.9) / 6.0
y = torch.tensor(d.target)
trainloader = DataLoader(TensorDataset(x[:1200], y[:1200]), batch_size=40, shuffle=True)
valloader = DataLoader(TensorDataset(x[1200:1500], y[1200:1500]), batch_size=50)
testloader = DataLoader(TensorDataset(x[1500:], y[1500:]), batch_size=50)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(32)
        self.linear = nn.Linear(32 * 4, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)
        return self.linear(x.flatten(1))


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)


def train(epoch):
    net.train()
    for inputs, targets in trainloader:
        optimizer.zero_grad()
        loss = F.cross_entropy(net(inputs), targets)
        loss.backward()
        optimizer.step()
    print('\nEpoch: %d loss %.4f' % (epoch, loss.item()))


def test(loader):
    net.eval()
    correct = total = 0
    with torch.no_grad():
        for inputs, targets in loader:
            correct += net(inputs).argmax(1).eq(targets).sum().item()
            total += targets.size(0)
    return 100. * correct / total


best_acc, best_state = 0, None
for epoch in range(5):
    train(epoch)
    acc = test(testloader)  # mistake
    # sound: acc = test(valloader)
    if acc > best_acc:  # named here
        print('Saving..', acc)
        best_acc = acc  # named here
        best_state = copy.deepcopy(net.state_dict())  # named here
net.load_state_dict(best_state)
print('test accuracy of the best epoch: %.2f' % test(testloader))  # named here
