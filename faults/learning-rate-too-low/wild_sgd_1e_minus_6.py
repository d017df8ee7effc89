"""SGD with lr=1e-6, copied from somebody's Adam fine-tuning: the loss does not leave ln(10)."""
# expect: learning-rate-too-low
import torch
import torch.nn as nn
import torch.optim as optim
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=1, stratify=y)
mean, std = X_train.mean(), X_train.std()


def to_loader(X, y, **kwargs):
    X = torch.tensor((X - mean) / std, dtype=torch.float32)
    return DataLoader(TensorDataset(X, torch.tensor(y)), batch_size=32, **kwargs)


train_loader = to_loader(X_train, y_train, shuffle=True)
test_loader = to_loader(X_test, y_test)

model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(model.parameters(), lr=1e-6, momentum=0.9)  # mistake
# sound: optimizer = optim.SGD(model.parameters(), lr=1e-2, momentum=0.9)

for epoch in range(8):
    model.train()
    total = 0.0
    for data, target in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(data), target)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(data)
    print("Epoch", epoch, "train loss", total / len(X_train))

model.eval()
correct = 0
with torch.no_grad():
    for data, target in test_loader:
        correct += (model(data).argmax(1) == target).sum().item()
print("Accuracy", correct / len(y_test))
