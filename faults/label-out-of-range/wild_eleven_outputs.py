"""The labels run from 1 to 10; an eleventh output was added so that cross-entropy stops complaining."""
# expect: label-out-of-range outputs-not-classes
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

torch.manual_seed(0)
np.random.seed(0)

data = load_digits()
pixels = data.data.astype(np.float32)
pixels = (pixels - pixels.mean()) / pixels.std()
numbers = data.target + 1  # the annotation tool counts from one  # named here
order = np.random.permutation(len(pixels))
pixels, numbers = torch.tensor(pixels[order]), torch.tensor(numbers[order])
# sound: numbers = numbers - 1

n_out = 11  # mistake
# sound: n_out = 10
model = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, n_out))  # named here
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
loss_fn = nn.CrossEntropyLoss()

for epoch in range(6):
    for start in range(0, 1400, 50):
        if start == 0:
            shuffled = torch.randperm(1400)
        idx = shuffled[start : start + 50]
        loss = loss_fn(model(pixels[idx]), numbers[idx])  # named here
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
with torch.no_grad():
    print("acc", (model(pixels[1400:]).argmax(1) == numbers[1400:]).float().mean().item())
