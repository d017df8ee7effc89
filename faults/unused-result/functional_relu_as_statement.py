"""F.relu is called as if it worked in place: its result is thrown away."""
# expect: unused-result
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 48)
        self.act = nn.ReLU(inplace=True)
        self.fc2 = nn.Linear(48, 48)
        self.fc3 = nn.Linear(48, 10)

    def forward(self, x):
        x = self.fc1(x)
        F.relu(x)  # mistake
        # sound: x = F.relu(x)
        x = self.fc2(x)
        self.act(x)  # in place: this one works
        debug = x.mean()
        if debug > 1e6:
            print("large", debug)
        return self.fc3(x)


torch.manual_seed(0)
digits = load_digits()
X = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(4):
    for i in range(0, 1500, 50):
        optimizer.zero_grad()
        loss = criterion(net(X[i : i + 50]), y[i : i + 50])
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        print(epoch, (net(X[1500:]).argmax(1) == y[1500:]).float().mean().item())
