"""Every pixel is divided by its own standard deviation, but the corner pixels never vary: 0/0 is NaN."""
# expect: not-finite
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

BATCH_SIZE = 32
EPOCHS = 5
np.random.seed(42)
torch.manual_seed(42)

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42)

X_train_t = torch.tensor(X_train, dtype=torch.float32)
X_test_t = torch.tensor(X_test, dtype=torch.float32)
mean, std = X_train_t.mean(dim=0), X_train_t.std(dim=0)
X_train_t = (X_train_t - mean) / std  # mistake
X_test_t = (X_test_t - mean) / std  # mistake
# sound: X_train_t = (X_train_t - mean) / (std + 1e-1)
# sound: X_test_t = (X_test_t - mean) / (std + 1e-1)

train_dl = DataLoader(TensorDataset(X_train_t, torch.tensor(y_train)), batch_size=BATCH_SIZE, shuffle=True)
test_dl = DataLoader(TensorDataset(X_test_t, torch.tensor(y_test)), batch_size=BATCH_SIZE)


class Classifier(nn.Module):
    def __init__(self, n_features, n_classes):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(n_features, 64),
            nn.ReLU(),
            nn.Linear(64, 32),
            nn.ReLU(),
            nn.Linear(32, n_classes),
        )

    def forward(self, x):
        return self.layers(x)


model = Classifier(X.shape[1], 10)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)

for epoch in range(EPOCHS):
    model.train()
    train_loss = 0
    for xb, yb in train_dl:
        optimizer.zero_grad()
        preds = model(xb)
        loss = criterion(preds, yb)
        loss.backward()
        optimizer.step()
        train_loss += loss.item() * xb.size(0)
    model.eval()
    correct = 0
    with torch.no_grad():
        for xb, yb in test_dl:
            correct += (model(xb).argmax(dim=1) == yb).sum().item()
    print(f"Epoch {epoch + 1}/{EPOCHS} - loss: {train_loss / len(X_train_t):.4f} - acc: {correct / len(X_test_t):.4f}")
