"""My images are (N, 32, 32, 3) in the npz; I brought the channels to the front with reshape."""
# expect: reshape-mixes-axes channels-last
import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from torch.utils.data import DataLoader, TensorDataset

rng = np.random.RandomState(0)


def fake_npz(n):
    y = rng.randint(0, 4, n)
    yy, xx = np.mgrid[:32, :32] / 32.
    x = rng.rand(n, 32, 32, 3) * 0.35
    for i in range(n):
        fx, fy = rng.rand() * 6, rng.rand() * 6
        if y[i] == 0:
            x[i, ..., 0] += 0.5 * (np.sin(fx + 12 * xx) > 0)
        elif y[i] == 1:
            x[i, ..., 1] += 0.5 * (np.sin(fy + 12 * yy) > 0)
        elif y[i] == 2:
            x[i, ..., 2] += 0.5 * ((xx - .5) ** 2 + (yy - .5) ** 2 < 0.08)
        else:
            x[i, ..., 0] += 0.5 * (np.sin(fy + 12 * yy) > 0)
    return (np.clip(x, 0, 1) * 255).astype('uint8'), y


train_images, train_labels = fake_npz(600)
test_images, test_labels = fake_npz(200)
print('train:', train_images.shape, train_images.dtype)

X_train = torch.from_numpy(train_images).float() / 255
X_test = torch.from_numpy(test_images).float() / 255
X_train = X_train.reshape(-1, 3, 32, 32)  # mistake
X_test = X_test.reshape(-1, 3, 32, 32)  # mistake
# sound: X_train = X_train.permute(0, 3, 1, 2)
# sound: X_test = X_test.permute(0, 3, 1, 2)
Y_train = torch.from_numpy(train_labels).long()
Y_test = torch.from_numpy(test_labels).long()
train_loader = DataLoader(TensorDataset(X_train, Y_train), batch_size=40, shuffle=True)  # named here
test_loader = DataLoader(TensorDataset(X_test, Y_test), batch_size=40)


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 84)
        self.fc2 = nn.Linear(84, 4)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv1(x)))
        x = self.pool(torch.relu(self.conv2(x)))
        x = torch.flatten(x, 1)
        return self.fc2(torch.relu(self.fc1(x)))


net = LeNet()
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(net.parameters(), lr=0.002)
for epoch in range(4):
    net.train()
    for inputs, labels in train_loader:
        optimizer.zero_grad()
        loss = criterion(net(inputs), labels)  # named here
        loss.backward()
        optimizer.step()
    net.eval()
    correct = 0
    with torch.no_grad():
        for inputs, labels in test_loader:
            correct += (net(inputs).argmax(1) == labels).sum().item()
    print(epoch, loss.item(), correct / len(Y_test))
