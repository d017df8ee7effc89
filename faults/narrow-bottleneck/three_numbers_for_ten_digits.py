"""The last hidden layer has three units, and ten digits are told apart by them."""
# expect: narrow-bottleneck
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 128)
        self.fc2 = nn.Linear(128, 3)  # mistake
        self.fc3 = nn.Linear(3, 10)  # mistake
        # sound: self.fc2 = nn.Linear(128, 32)
        # sound: self.fc3 = nn.Linear(32, 10)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


torch.manual_seed(12)
d = load_digits()
x, y = torch.tensor(d.data).float() / 16, torch.tensor(d.target)
net = Net()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(5):
    for i in torch.randperm(1500).split(50):
        loss = F.cross_entropy(net(x[i]), y[i])
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        print(epoch, f"{(net(x[1500:]).argmax(1) == y[1500:]).float().mean():.3f}")
