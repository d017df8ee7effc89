"""Full-batch LBFGS with a closure that is called several times for one step."""
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=0, stratify=y)
mean, std = X_train.mean(), X_train.std()
X_train, X_test = (torch.tensor((a - mean) / std, dtype=torch.float32) for a in (X_train, X_test))
y_train, y_test = torch.tensor(y_train), torch.tensor(y_test)

model = nn.Sequential(nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.LBFGS(model.parameters(), lr=1, max_iter=8, line_search_fn="strong_wolfe")


def closure():
    optimizer.zero_grad()
    decay = sum((p**2).sum() for p in model.parameters())
    loss = criterion(model(X_train), y_train) + 1e-4 * decay
    loss.backward()
    return loss


for step in range(5):
    loss = optimizer.step(closure)
    print("step", step, "loss", loss.item())
with torch.no_grad():
    print("test accuracy", (model(X_test).argmax(1) == y_test).float().mean().item())
