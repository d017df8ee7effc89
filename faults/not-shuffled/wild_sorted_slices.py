"""Batches are cut from arrays sorted by label; the random order is computed, but the slices do not use it."""
# expect: not-shuffled
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
test_mask = np.arange(len(X)) % 5 == 0
X_test, y_test = X[test_mask], y[test_mask]
X, y = X[~test_mask], y[~test_mask]
by_class = np.argsort(y, kind="stable")  # the files on disk lie in folders 0, 1, 2, ...
X, y = torch.tensor(X[by_class] / 16, dtype=torch.float32), torch.tensor(y[by_class])
X_test, y_test = torch.tensor(X_test / 16, dtype=torch.float32), torch.tensor(y_test)


class MLP(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = torch.nn.Linear(64, 80)
        self.fc2 = torch.nn.Linear(80, 10)

    def forward(self, x):
        return self.fc2(F.relu(self.fc1(x)))


mlp = MLP()
sgd = torch.optim.SGD(mlp.parameters(), lr=0.1)
bs, n = 32, len(X)
for epoch in range(12):
    perm = torch.randperm(n)
    for k in range(0, n, bs):
        x_batch, y_batch = X[k : k + bs], y[k : k + bs]  # mistake
        # sound: x_batch, y_batch = X[perm[k : k + bs]], y[perm[k : k + bs]]
        loss = F.cross_entropy(mlp(x_batch), y_batch)  # named here
        sgd.zero_grad()
        loss.backward()
        sgd.step()
    with torch.no_grad():
        acc = (mlp(X_test).argmax(1) == y_test).float().mean()
    if epoch % 4 == 3:
        print(f"{epoch + 1} {loss.item():.3f} {acc.item():.3f}")
