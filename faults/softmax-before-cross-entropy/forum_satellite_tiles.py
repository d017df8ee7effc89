"""My CNN ends in a Softmax layer and I train it with CrossEntropyLoss; the loss stops near 1.5.

After the thread "Loss stuck at 1.46, what am I missing?".
"""
# expect: softmax-before-cross-entropy
import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from sklearn.datasets import load_digits
from torch.autograd import Variable
from torch.utils.data import DataLoader, TensorDataset

use_cuda = torch.cuda.is_available()

digits = load_digits()
X = digits.images.astype(np.float32) / 16.0
Y = digits.target
X = torch.from_numpy(X).unsqueeze(1)
Y = torch.from_numpy(Y).long()
train_ds = TensorDataset(X[:1400], Y[:1400])
test_ds = TensorDataset(X[1400:], Y[1400:])
train_loader = DataLoader(train_ds, batch_size=50, shuffle=True)
test_loader = DataLoader(test_ds, batch_size=50, shuffle=False)


class TileNet(nn.Module):
    def __init__(self):
        super(TileNet, self).__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.pool = nn.MaxPool2d(2, 2)
        self.relu = nn.ReLU()
        self.fc1 = nn.Linear(32 * 2 * 2, 64)
        self.fc2 = nn.Linear(64, 10)
        self.softmax = nn.Softmax(dim=1)  # mistake

    def forward(self, x):
        x = self.pool(self.relu(self.conv1(x)))
        x = self.pool(self.relu(self.conv2(x)))
        x = x.view(x.size(0), -1)
        x = self.relu(self.fc1(x))
        x = self.softmax(self.fc2(x))  # mistake
        # sound: x = self.fc2(x)
        return x


net = TileNet()
if use_cuda:
    net.cuda()
criterion = nn.CrossEntropyLoss()  # named here
optimizer = optim.Adam(net.parameters(), lr=0.001)

for epoch in range(8):
    net.train()
    running_loss = 0.0
    for i, (inputs, labels) in enumerate(train_loader):
        if use_cuda:
            inputs, labels = inputs.cuda(), labels.cuda()
        inputs, labels = Variable(inputs), Variable(labels)
        optimizer.zero_grad()
        outputs = net(inputs)
        loss = criterion(outputs, labels)  # named here
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
    net.eval()
    correct = 0
    total = 0
    with torch.no_grad():
        for inputs, labels in test_loader:
            outputs = net(inputs)
            _, predicted = torch.max(outputs.data, 1)
            total += labels.size(0)
            correct += (predicted == labels).sum().item()
    print('Epoch %d loss: %.3f' % (epoch + 1, running_loss / len(train_loader)))
    print('test acc: %.1f %%' % (100.0 * correct / total))
