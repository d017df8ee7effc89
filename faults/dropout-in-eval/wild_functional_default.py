"""F.dropout(x, 0.5) without training=self.training: it goes on dropping after model.eval()."""
# expect: dropout-in-eval
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=3)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=3)
        self.fc1 = nn.Linear(320, 50)
        self.fc2 = nn.Linear(50, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = x.view(-1, 320)
        x = F.relu(self.fc1(x))
        x = F.dropout(x, 0.5)  # mistake
        # sound: x = F.dropout(x, 0.5, training=self.training)
        x = self.fc2(x)
        return F.log_softmax(x, dim=1)


digits = load_digits()
data = (torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) - 4.88) / 6.02
target = torch.tensor(digits.target)
train_loader = DataLoader(TensorDataset(data[:1500], target[:1500]), batch_size=50, shuffle=True)
test_loader = DataLoader(TensorDataset(data[1500:], target[1500:]), batch_size=297)
network = Net()
optimizer = optim.SGD(network.parameters(), lr=0.03, momentum=0.9)


def train(epoch):
    network.train()
    for batch_idx, (x, y) in enumerate(train_loader):
        optimizer.zero_grad()
        loss = F.nll_loss(network(x), y)
        loss.backward()
        optimizer.step()
    print("Train Epoch: {} Loss: {:.6f}".format(epoch, loss.item()))


def test():
    network.eval()
    correct = 0
    with torch.no_grad():
        for x, y in test_loader:
            correct += network(x).argmax(dim=1).eq(y).sum().item()
    print("Test set: Accuracy: {}/297 ({:.0f}%)".format(correct, 100.0 * correct / 297))


for epoch in range(1, 5):
    train(epoch)
    test()
