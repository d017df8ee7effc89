"""Two classes with a sigmoid and a hand written squared error: everything is predicted as 0.5."""
# expect: loss-broadcasts
import numpy as np
import torch
from sklearn.datasets import load_digits

np.random.seed(10)
torch.manual_seed(10)

# is it an even digit?
digits = load_digits()
X = digits.data / 16.0
y = (digits.target % 2 == 0).astype(np.float32)
idx = np.random.permutation(len(X))
X, y = torch.Tensor(X[idx]), torch.Tensor(y[idx])
X_train, y_train, X_test, y_test = X[:1500], y[:1500], X[1500:], y[1500:]


class Model(torch.nn.Module):
    def __init__(self):
        super(Model, self).__init__()
        self.l1 = torch.nn.Linear(64, 32)
        self.l2 = torch.nn.Linear(32, 1)

    def forward(self, x):
        out = torch.relu(self.l1(x))
        y_pred = torch.sigmoid(self.l2(out))
        return y_pred


def my_loss(output, target):
    loss = torch.mean((output - target) ** 2)  # named here
    return loss


model = Model()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)

for epoch in range(15):
    for i in range(0, 1500, 50):
        x_batch = X_train[i:i + 50]
        y_batch = y_train[i:i + 50]  # mistake
        # sound: y_batch = y_train[i:i + 50].view(-1, 1)
        y_pred = model(x_batch)
        loss = my_loss(y_pred, y_batch)  # named here
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 5 == 4:
        with torch.no_grad():
            p = model(X_test).view(-1)
            acc = ((p > 0.5).float() == y_test).float().mean()
        print(epoch, loss.item(), 'test acc', acc.item())
