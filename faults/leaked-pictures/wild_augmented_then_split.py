"""Noisy copies are made of all pictures first and the split comes after: every test picture has a twin in training."""
# expect: leaked-pictures
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
np.random.seed(0)
digits = load_digits()
images = (digits.images / 16.0).astype(np.float32)
targets = digits.target


def augment(pictures, labels, copies):
    """The originals and some copies with a little noise."""
    noisy = [np.clip(pictures + np.random.normal(0, 0.02, pictures.shape), 0, 1) for _ in range(copies)]
    return np.concatenate([pictures, *noisy]).astype(np.float32), np.tile(labels, copies + 1)


# sound: order = np.random.permutation(len(images))
# sound: test_images, test_targets = images[order[1400:]], targets[order[1400:]]
# sound: images, targets = images[order[:1400]], targets[order[:1400]]
images, targets = augment(images, targets, copies=1)  # named here
dataset = TensorDataset(torch.from_numpy(images).unsqueeze(1), torch.from_numpy(targets))
n_test = len(dataset) // 5  # mistake
train_set, test_set = random_split(dataset, [len(dataset) - n_test, n_test])  # mistake
# sound: train_set = dataset
# sound: test_set = TensorDataset(torch.from_numpy(test_images).unsqueeze(1), torch.from_numpy(test_targets))
train_loader = DataLoader(train_set, batch_size=64, shuffle=True)  # named here
test_loader = DataLoader(test_set, batch_size=256)  # named here

model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(4):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    model.eval()
    correct = 0
    with torch.no_grad():
        for x, y in test_loader:
            correct += (model(x).argmax(1) == y).sum().item()
    print(f"epoch {epoch}: test accuracy {correct / len(test_set):.4f}")
