"""ImageFolder style data set read class by class and a DataLoader without shuffle."""
# expect: not-shuffled
import os
import tempfile

import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from PIL import Image
from torchvision import datasets, transforms

root = tempfile.mkdtemp()
rng = np.random.RandomState(3)
for split, n in [('train', 80), ('val', 25)]:
    for c, name in enumerate(['ants', 'bees', 'flies', 'wasps']):
        os.makedirs(os.path.join(root, split, name))
        for i in range(n):
            a = rng.randint(0, 140, (20, 20, 3))
            r, k = rng.randint(2, 12, 2)
            a[r:r + (3 if c % 2 else 7), k:k + 7, c // 2] += 110
            Image.fromarray(a.astype(np.uint8)).save(os.path.join(root, split, name, '%03d.png' % i))

tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize([0.3] * 3, [0.2] * 3)])
image_datasets = {x: datasets.ImageFolder(os.path.join(root, x), tf) for x in ['train', 'val']}
train_loader = torch.utils.data.DataLoader(image_datasets['train'], batch_size=16)  # mistake
# sound: train_loader = torch.utils.data.DataLoader(image_datasets['train'], batch_size=16, shuffle=True)
val_loader = torch.utils.data.DataLoader(image_datasets['val'], batch_size=16)

torch.manual_seed(0)
model = nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3), nn.ReLU(),
                      nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(32, 4))
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(6):
    model.train()
    for inputs, labels in train_loader:  # named here
        optimizer.zero_grad()
        loss = criterion(model(inputs), labels)
        loss.backward()
        optimizer.step()
    model.eval()
    corrects = 0
    with torch.no_grad():
        for inputs, labels in val_loader:
            corrects += torch.sum(model(inputs).argmax(1) == labels).item()
    print('epoch {} last loss {:.4f} val acc {:.3f}'.format(epoch, loss.item(), corrects / 100))
