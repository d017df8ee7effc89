"""Images read as uint8 and only .float() on them, so the pixels go from 0 to 255 into the MLP."""
# expect: pictures-not-normalised
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import Dataset, DataLoader

rs = np.random.RandomState(4)
CLASSES = 5
templates = rs.randint(40, 215, (CLASSES, 16, 16, 1))


class PhotoDataset(Dataset):
    def __init__(self, n):
        self.y = rs.randint(0, CLASSES, n)
        noise = rs.normal(0, 60, (n, 16, 16, 3))
        self.x = np.clip(templates[self.y] + noise, 0, 255).astype(np.uint8)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, idx):
        img = self.x[idx].transpose(2, 0, 1)
        img = torch.from_numpy(img).float()  # mistake
        # sound: img = (torch.from_numpy(img).float() / 255 - 0.5) / 0.25
        return img, int(self.y[idx])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 16, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(16 * 16, 64)
        self.fc2 = nn.Linear(64, CLASSES)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv1(x)))
        x = self.pool(torch.relu(self.conv2(x)))
        x = torch.relu(self.fc1(x.flatten(1)))
        return self.fc2(x)


torch.manual_seed(0)
train_loader = DataLoader(PhotoDataset(600), batch_size=30, shuffle=True)  # named here
val_loader = DataLoader(PhotoDataset(200), batch_size=30)
model = Net()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
for epoch in range(5):
    model.train()
    for img, target in train_loader:
        output = model(img)  # named here
        loss = criterion(output, target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        ok = sum((model(img).argmax(1) == t).sum().item() for img, t in val_loader)
    print('epoch', epoch, 'loss', loss.item(), 'val', ok / 200)
