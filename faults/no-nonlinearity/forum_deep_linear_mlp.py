"""Making my MLP deeper does not help at all, it is as good as logistic regression."""
# expect: no-nonlinearity
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

X, y = load_digits(return_X_y=True)
X = torch.tensor(X / 16.0, dtype=torch.float32)
y = torch.tensor(y, dtype=torch.long)
Xtr, Xte, ytr, yte = train_test_split(X, y, test_size=0.25, random_state=1)


class NeuralNetwork(nn.Module):
    def __init__(self, sizes=(64, 128, 64, 32, 10)):
        super().__init__()
        self.flatten = nn.Flatten()
        self.layers = nn.ModuleList()
        for n_in, n_out in zip(sizes[:-1], sizes[1:]):
            self.layers.append(nn.Linear(n_in, n_out))

    def forward(self, x):
        x = self.flatten(x)
        for layer in self.layers[:-1]:
            x = layer(x)  # mistake
            # sound: x = torch.relu(layer(x))
        return self.layers[-1](x)  # named here


model = NeuralNetwork()
print(model)
loss_fn = nn.CrossEntropyLoss()
opt = optim.Adam(model.parameters(), lr=2e-3)
loader = DataLoader(TensorDataset(Xtr, ytr), batch_size=64, shuffle=True)


def accuracy(model, X, y):
    model.eval()
    with torch.no_grad():
        acc = (model(X).argmax(1) == y).float().mean().item()
    model.train()
    return acc


for epoch in range(12):
    for xb, yb in loader:
        pred = model(xb)
        loss = loss_fn(pred, yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 3 == 2:
        print(f"epoch {epoch + 1:2d} loss {loss.item():.4f} test acc {accuracy(model, Xte, yte):.3f}")
