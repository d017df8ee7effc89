"""validate() puts the net in eval mode after the first epoch, and nothing ever puts it back."""
# expect: training-in-eval-mode
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
X = (torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16 - 0.305) / 0.376
Y = torch.tensor(digits.target)
idx = torch.randperm(len(X))
train_loader = DataLoader(TensorDataset(X[idx[:1408]], Y[idx[:1408]]), batch_size=64, shuffle=True)
val_loader = DataLoader(TensorDataset(X[idx[1408:]], Y[idx[1408:]]), batch_size=64)

model = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1),
    nn.BatchNorm2d(16),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(256, 64),
    nn.ReLU(),
    nn.Dropout(0.5),
    nn.Linear(64, 10),
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)


def validate():
    model.eval()  # named here
    correct = 0
    with torch.no_grad():
        for images, labels in val_loader:
            correct += (model(images).argmax(1) == labels).sum().item()
    return correct / len(val_loader.dataset)


model.train()  # mistake
for epoch in range(5):
    # sound: model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(images), labels)  # named here
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch + 1}: val accuracy {validate():.4f}")
