"""Train transform has Normalize, test transform has only ToTensor. Train 99 %, test 40 %."""
# expect: different-preprocessing
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from PIL import Image
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

mean, std = (0.305,), (0.376,)
train_transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize(mean, std)])
test_transform = transforms.Compose([transforms.ToTensor()])  # mistake
# sound: test_transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize(mean, std)])


class DigitsPIL(Dataset):
    def __init__(self, train, transform):
        d = load_digits()
        part = slice(0, 1400) if train else slice(1400, 1797)
        self.images = [Image.fromarray((im * 15.9).astype(np.uint8)) for im in d.images[part]]
        self.targets = d.target[part].tolist()
        self.transform = transform

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.transform(self.images[index]), self.targets[index]


train_loader = DataLoader(DigitsPIL(True, train_transform), batch_size=50, shuffle=True)
test_loader = DataLoader(DigitsPIL(False, test_transform), batch_size=50, shuffle=False)  # named here


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc = nn.Linear(32 * 4, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc(x.flatten(1))


model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(4):
    model.train()
    for data, target in train_loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(data), target)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hit = sum((model(x).argmax(1) == t).sum().item() for x, t in test_loader)  # named here
    print('epoch {} loss {:.4f} test {:.3f}'.format(epoch, loss.item(), hit / 397))
