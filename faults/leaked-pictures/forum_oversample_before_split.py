"""Oversampled the rare class by copying its pictures and then called train_test_split."""
# expect: leaked-pictures
import numpy as np
import torch
import torch.nn as nn
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

rng = np.random.RandomState(42)
n = 700
y = (rng.rand(n) < 0.25).astype('int64')
x = rng.randn(n, 1, 16, 16).astype('float32')
x[y == 1, :, 4:12, 4:12] += 0.5


def oversample(x, y):
    minority = np.where(y == 1)[0]
    extra = rng.choice(minority, (y == 0).sum() - len(minority))
    return np.concatenate([x, x[extra]]), np.concatenate([y, y[extra]])


x, y = oversample(x, y)  # mistake
X_train, X_test, y_train, y_test = train_test_split(x, y, test_size=0.25, random_state=0)  # named here
# sound: X_train, y_train = oversample(X_train, y_train)
print('train', np.bincount(y_train), 'test', np.bincount(y_test))

train_ds = TensorDataset(torch.tensor(X_train), torch.tensor(y_train))
train_dl = DataLoader(train_ds, 32, shuffle=True)  # named here
test_dl = DataLoader(TensorDataset(torch.tensor(X_test), torch.tensor(y_test)), 32)  # named here


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 5)
        self.conv2 = nn.Conv2d(8, 16, 3)
        self.fc = nn.Linear(16 * 4, 2)

    def forward(self, x):
        x = nn.functional.max_pool2d(torch.relu(self.conv(x)), 2)
        x = nn.functional.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.fc(x.flatten(1))


torch.manual_seed(0)
model = Cnn()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
crit = nn.CrossEntropyLoss()
for epoch in range(5):
    model.train()
    for xb, yb in train_dl:
        opt.zero_grad()
        loss = crit(model(xb), yb)
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        acc = sum((model(xb).argmax(1) == yb).sum().item() for xb, yb in test_dl) / len(y_test)  # named here
    print('epoch', epoch, 'loss', loss.item(), 'test acc', acc)
