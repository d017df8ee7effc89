"""The best epoch is chosen by the test accuracy, and that accuracy is then reported as the result."""
# expect: chosen-on-test-set
import copy

import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
y = torch.tensor(digits.target)
order = torch.randperm(len(x))
train_ds = TensorDataset(x[order[:1200]], y[order[:1200]])
val_ds = TensorDataset(x[order[1200:1500]], y[order[1200:1500]])
test_ds = TensorDataset(x[order[1500:]], y[order[1500:]])
train_loader = DataLoader(train_ds, batch_size=50, shuffle=True)
val_loader = DataLoader(val_ds, batch_size=100)
test_loader = DataLoader(test_ds, batch_size=100)
print(len(train_ds), "training,", len(val_ds), "validation and", len(test_ds), "test pictures")

net = nn.Sequential(
    nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Dropout2d(0.1), nn.Conv2d(16, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(256, 10)
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)


def evaluate(loader):
    net.eval()
    correct = total = 0
    with torch.no_grad():
        for images, labels in loader:
            correct += (net(images).argmax(1) == labels).sum().item()
            total += labels.size(0)
    return correct / total


best_acc, best_weights = 0.0, None
for epoch in range(6):
    net.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        loss = criterion(net(images), labels)
        loss.backward()
        optimizer.step()
    acc = evaluate(test_loader)  # mistake
    # sound: acc = evaluate(val_loader)
    print(f"epoch {epoch + 1}: loss {loss.item():.3f} acc {acc:.4f}")
    if acc > best_acc:  # named here
        best_acc, best_weights = acc, copy.deepcopy(net.state_dict())  # named here

net.load_state_dict(best_weights)
print("Test accuracy of the best epoch:", best_acc)  # mistake
# sound: print("Test accuracy of the best epoch:", evaluate(test_loader))
