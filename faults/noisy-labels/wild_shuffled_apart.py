"""Pictures and labels are shuffled with two different permutations, so the labels belong to other pictures."""
# expect: noisy-labels plateau
import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from sklearn.datasets import load_digits

np.random.seed(1)
torch.manual_seed(1)

digits = load_digits()
images = digits.images.astype(np.float32)[:, None] / 16.0
labels = digits.target

# mix the samples
# sound: together = np.random.permutation(len(images))
images = images[np.random.permutation(len(images))]  # mistake
labels = labels[np.random.permutation(len(labels))]  # mistake
# sound: images = images[together]
# sound: labels = labels[together]

split = 1400
train_images, train_labels = torch.from_numpy(images[:split]), torch.from_numpy(labels[:split])
test_images, test_labels = torch.from_numpy(images[split:]), torch.from_numpy(labels[split:])


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv = nn.Conv2d(1, 16, 3)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(16 * 3 * 3, 64)
        self.fc2 = nn.Linear(64, 10)
        self.relu = nn.ReLU()

    def forward(self, x):
        x = self.pool(self.relu(self.conv(x)))
        x = x.view(-1, 16 * 3 * 3)
        x = self.relu(self.fc1(x))
        return self.fc2(x)


net = Net()
criterion = nn.CrossEntropyLoss()  # named here
optimizer = optim.Adam(net.parameters(), lr=0.002)
batch_size = 50
for epoch in range(6):
    net.train()
    running_loss = 0.0
    order = torch.randperm(split)
    for i in range(0, split, batch_size):
        batch = order[i : i + batch_size]
        optimizer.zero_grad()
        outputs = net(train_images[batch])
        loss = criterion(outputs, train_labels[batch])  # named here
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
    net.eval()
    with torch.no_grad():
        accuracy = (net(test_images).argmax(1) == test_labels).float().mean().item()
    print("epoch %d: loss %.3f, test accuracy %.3f" % (epoch + 1, running_loss / (split / batch_size), accuracy))
