"""Biases of -20 keep every ReLU of the first layer shut."""
# expect: dead-relus
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(0)
d = load_digits()
x, y = torch.tensor(d.data / 16, dtype=torch.float32), torch.tensor(d.target)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 64)
        self.fc2 = nn.Linear(64, 10)
        self.fc1.bias.data.fill_(-20.0)  # mistake
        # sound: self.fc1.bias.data.fill_(0.0)

    def forward(self, x):
        x = F.relu(self.fc1(x))  # named here
        return self.fc2(x)


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.003)
for epoch in range(4):
    for i in range(0, len(x), 64):
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x[i : i + 64]), y[i : i + 64])
        loss.backward()
        optimizer.step()
print(loss.item())
