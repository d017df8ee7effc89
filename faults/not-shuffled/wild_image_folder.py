"""ImageFolder lists class after class and the loader does not shuffle: each batch has one class only."""
# expect: not-shuffled
import os
import tempfile

import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from PIL import Image
from torchvision import datasets, transforms


def draw_dataset(root, n):
    rng = np.random.RandomState(n)
    yy, xx = np.mgrid[:16, :16]
    looks = {"circle": np.hypot(yy - 8, xx - 8) < 5, "cross": abs(yy - xx) < 2, "grid": (yy % 4 == 0) | (xx % 4 == 0)}
    for name, mask in looks.items():
        os.makedirs(os.path.join(root, name))
        for i in range(n):
            a = rng.normal(90, 45, (16, 16)) + 70 * np.roll(mask, rng.randint(-2, 3), axis=rng.randint(2))
            Image.fromarray(a.clip(0, 255).astype("uint8")).save(os.path.join(root, name, "%d.png" % i))


torch.manual_seed(0)
tmp = tempfile.TemporaryDirectory()
train_dir, test_dir = os.path.join(tmp.name, "train"), os.path.join(tmp.name, "test")
draw_dataset(train_dir, 150)
draw_dataset(test_dir, 40)

tfm = transforms.Compose([transforms.Grayscale(), transforms.ToTensor(), transforms.Normalize((0.4,), (0.25,))])
train_data = datasets.ImageFolder(train_dir, transform=tfm)
test_data = datasets.ImageFolder(test_dir, transform=tfm)
train_loader = torch.utils.data.DataLoader(train_data, batch_size=25, shuffle=False)  # mistake
# sound: train_loader = torch.utils.data.DataLoader(train_data, batch_size=25, shuffle=True)
test_loader = torch.utils.data.DataLoader(test_data, batch_size=60, shuffle=False)

model = nn.Sequential(
    nn.Conv2d(1, 12, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(12, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(400, 3)
)
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
for epoch in range(5):
    model.train()
    for images, labels in train_loader:  # named here
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        correct = sum((model(images).argmax(1) == labels).sum().item() for images, labels in test_loader)
    print("Epoch %d: last loss %.3f, test accuracy %.1f%%" % (epoch + 1, loss.item(), 100 * correct / len(test_data)))
tmp.cleanup()
