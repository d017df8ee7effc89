"""A hand-made recurrent cell starts with weights of standard deviation one, so its gradient doubles at every row."""
# expect: exploding-gradients initialisation-gain
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

torch.manual_seed(3)
digits = load_digits()
X = torch.tensor(digits.images, dtype=torch.float32) / 16.0
y = torch.tensor(digits.target)
# every picture is read as a sequence of 16 half rows of 4 pixels
X = X.reshape(-1, 16, 4)
order = torch.randperm(len(X))
X, y = X[order], y[order]
X_train, y_train, X_val, y_val = X[:1400], y[:1400], X[1400:], y[1400:]


class ElmanCell(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.Wx = nn.Parameter(torch.randn(input_size, hidden_size) / input_size**0.5)
        self.Wh = nn.Parameter(torch.randn(hidden_size, hidden_size))  # mistake
        # sound: self.Wh = nn.Parameter(nn.init.orthogonal_(torch.empty(hidden_size, hidden_size)))
        self.b = nn.Parameter(torch.zeros(hidden_size))

    def forward(self, x_t, h):
        return torch.relu(x_t @ self.Wx + h @ self.Wh + self.b)  # named here


class RowReader(nn.Module):
    def __init__(self, hidden_size=48):
        super().__init__()
        self.hidden_size = hidden_size
        self.cell = ElmanCell(4, hidden_size)
        self.head = nn.Linear(hidden_size, 10)

    def forward(self, x):
        h = x.new_zeros(x.size(0), self.hidden_size)
        for t in range(x.size(1)):
            h = self.cell(x[:, t], h)
        return self.head(h)


net = RowReader()
loss_fn = nn.CrossEntropyLoss()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(8):
    net.train()
    perm = torch.randperm(len(X_train))
    epoch_loss = 0.0
    for i in range(0, len(perm), 50):
        idx = perm[i : i + 50]
        opt.zero_grad()
        loss = loss_fn(net(X_train[idx]), y_train[idx])
        loss.backward()  # named here
        opt.step()
        epoch_loss += loss.item() * len(idx)
    net.eval()
    with torch.no_grad():
        acc = (net(X_val).argmax(1) == y_val).float().mean().item()
    print(f"epoch {epoch}: loss {epoch_loss / len(X_train):.4g}  val acc {acc:.3f}")
