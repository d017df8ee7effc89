"""Set all biases to -3 in my init function (thought it makes the net sparse); accuracy stays at chance."""
# expect: dead-relus
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)


class MLP(nn.Module):
    def __init__(self, hidden=(128, 64)):
        super(MLP, self).__init__()
        self.fc1 = nn.Linear(64, hidden[0])
        self.fc2 = nn.Linear(hidden[0], hidden[1])
        self.fc3 = nn.Linear(hidden[1], 10)

    def forward(self, x):
        x = F.relu(self.fc1(x))  # named here
        x = F.relu(self.fc2(x))  # named here
        return self.fc3(x)


def init_weights(m):
    if type(m) == nn.Linear:
        torch.nn.init.xavier_uniform_(m.weight)
        m.bias.data.fill_(-3.0)  # mistake
        # sound: m.bias.data.fill_(0.01)


d = load_digits()
data = torch.tensor(d.data / 16, dtype=torch.float32)
labels = torch.tensor(d.target)
train_loader = DataLoader(TensorDataset(data[:1500], labels[:1500]), batch_size=60, shuffle=True)
net = MLP()
net.apply(init_weights)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
criterion = nn.CrossEntropyLoss()
for epoch in range(8):
    total_loss = 0
    for images, targets in train_loader:
        optimizer.zero_grad()
        loss = criterion(net(images), targets)
        loss.backward()
        optimizer.step()
        total_loss += loss.item()
    with torch.no_grad():
        acc = (net(data[1500:]).argmax(1) == labels[1500:]).float().mean().item()
    print(f'Epoch {epoch + 1}, loss: {total_loss / len(train_loader):.4f}, acc: {acc:.4f}')
