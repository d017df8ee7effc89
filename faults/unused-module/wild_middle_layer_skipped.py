"""fc2 was built and never called: forward goes from fc1 straight to fc3."""
# expect: unused-module
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from sklearn.datasets import load_digits

torch.manual_seed(42)
d = load_digits()
x = torch.tensor(d.data).float() / 16
y = torch.tensor(d.target)
x = (x - 0.305) / 0.376
trainset = torch.utils.data.TensorDataset(x[:1500], y[:1500])
testset = torch.utils.data.TensorDataset(x[1500:], y[1500:])
trainloader = torch.utils.data.DataLoader(trainset, batch_size=32, shuffle=True)
testloader = torch.utils.data.DataLoader(testset, batch_size=32, shuffle=False)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 84)
        self.fc2 = nn.Linear(84, 84)  # named here
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        # sound: x = F.relu(self.fc2(x))
        x = self.fc3(x)  # named here
        return x


net = Net()
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(net.parameters(), lr=0.03, momentum=0.9)

for epoch in range(5):  # loop over the data several times
    running_loss = 0.0
    for i, data in enumerate(trainloader, 0):
        inputs, labels = data
        optimizer.zero_grad()
        outputs = net(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
        if i % 20 == 19:
            print(f"[{epoch + 1}, {i + 1:5d}] loss: {running_loss / 20:.3f}")
            running_loss = 0.0
print("Finished Training")

correct = 0
total = 0
net.eval()
with torch.no_grad():
    for inputs, labels in testloader:
        predicted = net(inputs).argmax(1)
        total += labels.size(0)
        correct += (predicted == labels).sum().item()
print(f"Accuracy of the network on the test digits: {100 * correct / total:.1f} %")
