"""The number of classes is taken as y.max(), one too few: the first batch with the last class crashes."""
# expect: outputs-not-classes label-out-of-range
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
means = torch.randn(7, 16)
y = torch.randint(0, 7, (1200,))
X = means[y] + 0.8 * torch.randn(1200, 16)

n_features = X.shape[1]
n_classes = int(y.max())  # mistake
# sound: n_classes = int(y.max()) + 1
loader = DataLoader(TensorDataset(X[:1000], y[:1000]), batch_size=40, shuffle=True)

model = nn.Sequential(
    nn.Linear(n_features, 48),
    nn.ELU(),
    nn.Linear(48, n_classes),  # named here
)
loss_fn = nn.CrossEntropyLoss()
opt = torch.optim.NAdam(model.parameters(), lr=3e-3)
for epoch in range(6):
    for xb, yb in loader:
        opt.zero_grad()
        loss = loss_fn(model(xb), yb)  # named here
        loss.backward()
        opt.step()
    print(f"epoch {epoch + 1}: loss {loss.item():.4f}")
with torch.no_grad():
    print("accuracy", (model(X[1000:]).argmax(1) == y[1000:]).float().mean().item())
