"""Copy and paste: in my test() I loop over train_loader, so 'test accuracy' is the training accuracy."""
# expect: wrong-metric
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

digits = load_digits()
X_tr, X_te, Y_tr, Y_te = train_test_split(digits.images, digits.target, test_size=0.3, random_state=5)


def to_ds(x, y):
    return TensorDataset(torch.tensor(x, dtype=torch.float32).unsqueeze(1) / 16, torch.tensor(y))


train_loader = DataLoader(to_ds(X_tr, Y_tr), batch_size=40, shuffle=True)
test_loader = DataLoader(to_ds(X_te, Y_te), batch_size=40, shuffle=False)


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.fc1 = nn.Linear(16 * 16, 60)
        self.fc2 = nn.Linear(60, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.relu(self.fc1(x.view(-1, 256)))
        return self.fc2(x)


def train(model, optimizer):
    model.train()
    for data, target in train_loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(data), target)
        loss.backward()
        optimizer.step()


def test(model):
    model.eval()
    test_loss = correct = total = 0
    with torch.no_grad():
        for data, target in train_loader:  # mistake
        # sound: for data, target in test_loader:
            output = model(data)  # named here
            test_loss += F.cross_entropy(output, target, reduction='sum').item()
            correct += (output.argmax(1) == target).sum().item()  # named here
            total += target.size(0)
    print('Test set: average loss {:.4f}, accuracy {}/{}'.format(test_loss / total, correct, total))


model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
for epoch in range(6):
    train(model, optimizer)
    test(model)
