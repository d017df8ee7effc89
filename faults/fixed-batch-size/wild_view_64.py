"""The flatten in forward names the batch size 64, and the last batch of the epoch is smaller."""
# expect: fixed-batch-size
import torch
import torch.nn as nn
import torch.optim as optim
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split

BATCH_SIZE = 64
torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.relu = nn.ReLU()
        self.fc = nn.Linear(32 * 2 * 2, 10)

    def forward(self, x):
        x = self.pool(self.relu(self.conv1(x)))
        x = self.pool(self.relu(self.conv2(x)))
        x = x.view(BATCH_SIZE, -1)  # mistake
        # sound: x = x.view(x.size(0), -1)
        return self.fc(x)


images = torch.from_numpy(load_digits().images).float().unsqueeze(1)
images = (images / 16 - 0.305) / 0.376
labels = torch.from_numpy(load_digits().target).long()
train_set, test_set = random_split(TensorDataset(images, labels), [1437, 360])
train_loader = DataLoader(train_set, batch_size=BATCH_SIZE, shuffle=True)
test_loader = DataLoader(test_set, batch_size=BATCH_SIZE)

net = Net()
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(net.parameters(), lr=0.003)

for epoch in range(5):
    net.train()
    running = 0.0
    for inputs, targets in train_loader:
        optimizer.zero_grad()
        outputs = net(inputs)
        loss = criterion(outputs, targets)
        loss.backward()
        optimizer.step()
        running += loss.item() * inputs.size(0)
    print("epoch", epoch + 1, "loss", round(running / len(train_set), 4))

net.eval()
correct = 0
with torch.no_grad():
    for inputs, targets in test_loader:
        correct += (net(inputs).argmax(1) == targets).sum().item()
print("accuracy", correct / len(test_set))
