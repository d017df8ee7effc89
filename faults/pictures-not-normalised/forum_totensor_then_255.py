"""ToTensor() has already divided by 255 and I divide by 255 again in the loop."""
# expect: pictures-not-normalised
import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
import torchvision.transforms as transforms
from PIL import Image
from torch.utils.data import Dataset, DataLoader

gen = np.random.default_rng(1)


class ShapesPIL(Dataset):
    def __init__(self, n, transform=None):
        self.transform = transform
        self.items = []
        for _ in range(n):
            y = int(gen.integers(0, 3))
            a = gen.integers(0, 120, (24, 24, 3)).astype(np.uint8)
            r, c = gen.integers(2, 12, 2)
            if y == 0:
                a[r:r + 10, c:c + 10] = 230
            elif y == 1:
                a[r:r + 10, c:c + 3] = 230
            else:
                a[r:r + 3, c:c + 10] = 230
            self.items.append((Image.fromarray(a), y))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        img, y = self.items[i]
        return self.transform(img), y


transform = transforms.Compose([transforms.ToTensor()])
trainloader = DataLoader(ShapesPIL(480, transform), batch_size=24, shuffle=True)
testloader = DataLoader(ShapesPIL(150, transform), batch_size=25, shuffle=False)
net = nn.Sequential(nn.Conv2d(3, 12, 3), nn.ReLU(), nn.MaxPool2d(2),
                    nn.Conv2d(12, 24, 3), nn.ReLU(), nn.MaxPool2d(2),
                    nn.Flatten(), nn.Linear(24 * 16, 32), nn.ReLU(), nn.Linear(32, 3))
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(net.parameters(), lr=0.03, momentum=0.9)
for epoch in range(6):
    for i, data in enumerate(trainloader, 0):
        inputs, labels = data
        inputs = inputs / 255.0  # mistake
        # sound: inputs = (inputs - 0.5) / 0.5
        optimizer.zero_grad()
        outputs = net(inputs)  # named here
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
    correct = 0
    with torch.no_grad():
        for inputs, labels in testloader:
            inputs = inputs / 255.0  # mistake
            # sound: inputs = (inputs - 0.5) / 0.5
            correct += (net(inputs).argmax(1) == labels).sum().item()
    print('Epoch', epoch, 'loss', loss.item(), 'accuracy', correct / 150)
