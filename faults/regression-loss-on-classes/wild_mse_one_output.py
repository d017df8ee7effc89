"""The digit's number itself is regressed with MSE and rounded afterwards, as if a 9 were more than a 3."""
# expect: regression-loss-on-classes
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
X = torch.tensor(digits.data, dtype=torch.float32)
X = (X - X.mean()) / X.std()
y = torch.tensor(digits.target)
perm = torch.randperm(len(X))
X, y = X[perm], y[perm]

train_loader = DataLoader(TensorDataset(X[:1400], y[:1400]), batch_size=40, shuffle=True)
X_test, y_test = X[1400:], y[1400:]

model = nn.Sequential(
    nn.Linear(64, 64),
    nn.ReLU(),
    nn.Linear(64, 1),  # mistake
    # sound: nn.Linear(64, 10),
)
criterion = nn.MSELoss()  # mistake
# sound: criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)

for epoch in range(8):
    for inputs, labels in train_loader:
        outputs = model(inputs)
        loss = criterion(outputs, labels.float().unsqueeze(1))  # mistake
        # sound: loss = criterion(outputs, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch + 1}, loss {loss.item():.4f}")

with torch.no_grad():
    predicted = model(X_test).round().squeeze(1).long()  # mistake
    # sound: predicted = model(X_test).argmax(dim=1)
print("accuracy", (predicted == y_test).float().mean().item())
