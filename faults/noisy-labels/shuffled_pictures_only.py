"""The pictures are shuffled, the labels are not."""
# expect: noisy-labels
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

np.random.seed(7)
torch.manual_seed(7)
X, y = load_digits(return_X_y=True)
order = np.random.permutation(len(X))  # named here
X = X[order] / 16  # mistake
# sound: X = X[order] / 16
# sound: y = y[order]
X, y = torch.tensor(X, dtype=torch.float), torch.tensor(y)
X_train, y_train, X_val, y_val = X[:1400], y[:1400], X[1400:], y[1400:]
train_data = torch.utils.data.TensorDataset(X_train, y_train)
train_loader = torch.utils.data.DataLoader(train_data, batch_size=64, shuffle=True)


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(64, 100)
        self.out = nn.Linear(100, 10)

    def forward(self, x):
        return self.out(torch.relu(self.hidden(x)))


model = MLP()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
for epoch in range(6):
    for batch, target in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(batch), target)
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        accuracy = (model(X_val).argmax(1) == y_val).float().mean().item()
    print(f"epoch {epoch} loss {loss.item():.3f} val {accuracy:.3f}")
