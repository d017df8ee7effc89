"""_, predicted = torch.max(outputs, 0): accuracy 22 % although the loss is tiny (batch 10, 10 classes)."""
# expect: wrong-dim wrong-metric
import torch
import torch.nn as nn
import torch.optim as optim
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

d = load_digits()
images = torch.from_numpy(d.images).float().div(16).unsqueeze(1)
labels = torch.from_numpy(d.target)
trainloader = DataLoader(TensorDataset(images[:1400], labels[:1400]), batch_size=10, shuffle=True)
testloader = DataLoader(TensorDataset(images[1400:1790], labels[1400:1790]), batch_size=10, shuffle=False)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3)
        self.fc1 = nn.Linear(16 * 9, 50)
        self.fc2 = nn.Linear(50, 10)

    def forward(self, x):
        x = nn.functional.max_pool2d(torch.relu(self.conv(x)), 2)
        x = torch.relu(self.fc1(x.view(x.size(0), -1)))
        return self.fc2(x)


net = Net()
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
for epoch in range(4):
    running_loss = 0.0
    for i, (inputs, target) in enumerate(trainloader, 0):
        optimizer.zero_grad()
        loss = criterion(net(inputs), target)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
    print('[%d] loss: %.3f' % (epoch + 1, running_loss / len(trainloader)))
    correct, total = 0, 0
    with torch.no_grad():
        for inputs, target in testloader:
            outputs = net(inputs)
            _, predicted = torch.max(outputs, 0)  # mistake
            # sound: _, predicted = torch.max(outputs, 1)
            total += target.size(0)
            correct += (predicted == target).sum().item()  # named here
    print('Accuracy of the network: %d %%' % (100 * correct / total))
