"""Shuffled my training images and the labels with two different permutations; the loss stays at 2.30."""
# expect: noisy-labels cannot-overfit-batch
import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from sklearn.datasets import load_digits

np.random.seed(0)
torch.manual_seed(0)
digits = load_digits()
images = digits.images.reshape(-1, 1, 8, 8).astype('float32') / 16
labels = digits.target
X_train, y_train, X_test, y_test = images[:1500], labels[:1500], images[1500:], labels[1500:]

p = np.random.permutation(len(X_train))
X_train = X_train[p]
y_train = np.random.permutation(y_train)  # mistake
# sound: y_train = y_train[p]

X_train, y_train = torch.from_numpy(X_train), torch.from_numpy(y_train)
X_test, y_test = torch.from_numpy(X_test), torch.from_numpy(y_test)
model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Conv2d(16, 32, 3), nn.ReLU(), nn.Flatten(),
                      nn.Linear(32 * 16, 10))
loss_function = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters(), lr=0.001)
BATCH_SIZE = 50
for epoch in range(6):
    order = torch.randperm(len(X_train))
    for i in range(0, len(X_train), BATCH_SIZE):
        batch_X = X_train[order[i:i + BATCH_SIZE]]
        batch_y = y_train[order[i:i + BATCH_SIZE]]  # named here
        model.zero_grad()
        outputs = model(batch_X)
        loss = loss_function(outputs, batch_y)  # named here
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        acc = (model(X_test).argmax(1) == y_test).float().mean().item()
    print(f"Epoch: {epoch}. Loss: {loss.item():.4f} Test accuracy: {acc:.3f}")
