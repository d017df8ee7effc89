"""BatchNorm is called, but what it gives back is thrown away."""
# expect: unused-result
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn, optim

np.random.seed(0)
torch.manual_seed(0)

# %% data
X, y = load_digits(return_X_y=True)
order = np.random.permutation(len(X))
X, y = X[order], y[order]
mu, sd = X[:1200].mean(), X[:1200].std()
Xtr, Xte = torch.FloatTensor((X[:1200] - mu) / sd), torch.FloatTensor((X[1200:] - mu) / sd)
ytr, yte = torch.LongTensor(y[:1200]), torch.LongTensor(y[1200:])


# %% model
class MLP(nn.Module):
    def __init__(self, hidden=96):
        super(MLP, self).__init__()
        self.fc1 = nn.Linear(64, hidden)
        self.bn1 = nn.BatchNorm1d(hidden)
        self.fc2 = nn.Linear(hidden, hidden)
        self.bn2 = nn.BatchNorm1d(hidden)
        self.out = nn.Linear(hidden, 10)
        self.relu = nn.ReLU()

    def forward(self, x):
        x = self.fc1(x)
        x = self.bn1(x)
        x = self.relu(x)
        x = self.fc2(x)
        self.bn2(x)  # mistake
        # sound: x = self.bn2(x)
        x = self.relu(x)
        return self.out(x)


# %% train
net = MLP()
opt = optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
loss_fn = nn.CrossEntropyLoss()
for epoch in range(6):
    net.train()
    perm = torch.randperm(len(Xtr))
    total = 0.0
    for i in range(0, len(Xtr), 60):
        idx = perm[i : i + 60]
        opt.zero_grad()
        loss = loss_fn(net(Xtr[idx]), ytr[idx])
        loss.backward()
        opt.step()
        total += loss.item() * len(idx)
    print(epoch, total / len(Xtr))

# %% test
net.eval()
with torch.no_grad():
    acc = (net(Xte).argmax(dim=1) == yte).float().mean()
print("accuracy on test:", float(acc))
