"""Every time I evaluate I get another accuracy, although I call model.eval()."""
# expect: dropout-in-eval
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

digits = load_digits()
X_train, X_test, y_train, y_test = train_test_split(
    digits.images, digits.target, test_size=0.2, random_state=42, stratify=digits.target)
trainset = torch.utils.data.TensorDataset(torch.Tensor(X_train).unsqueeze(1) / 16, torch.LongTensor(y_train))
testset = torch.utils.data.TensorDataset(torch.Tensor(X_test).unsqueeze(1) / 16, torch.LongTensor(y_test))
trainloader = torch.utils.data.DataLoader(trainset, batch_size=32, shuffle=True)
testloader = torch.utils.data.DataLoader(testset, batch_size=32, shuffle=False)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc1 = nn.Linear(32 * 2 * 2, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.view(-1, 32 * 2 * 2)
        x = F.relu(self.fc1(x))
        x = F.dropout(x, 0.3)  # mistake
        # sound: x = F.dropout(x, 0.3, training=self.training)
        return self.fc2(x)


net = Net()
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(net.parameters(), lr=0.002)

for epoch in range(7):
    net.train()
    running = 0.0
    for i, data in enumerate(trainloader, 0):
        inputs, labels = data
        optimizer.zero_grad()
        outputs = net(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        running += loss.item()
    print('[%d] loss: %.3f' % (epoch + 1, running / len(trainloader)))

print('Finished Training')
net.eval()
for run in range(2):
    correct = 0
    with torch.no_grad():
        for images, labels in testloader:
            correct += (net(images).max(1)[1] == labels).sum().item()
    print('run', run, 'Accuracy: %.2f %%' % (100 * correct / len(testset)))
