"""Digits are flipped both ways at random; a mirrored 2 is no 2 and an upside-down 6 is a 9."""
# expect: harmful-augmentation
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms


class Digits(Dataset):
    def __init__(self, images, labels, transform=None):
        self.images, self.labels, self.transform = images, labels, transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, idx):
        image = self.images[idx]
        if self.transform:
            image = self.transform(image)
        return image, self.labels[idx]


torch.manual_seed(0)
d = load_digits()
images = torch.tensor(d.images, dtype=torch.float32).unsqueeze(1) / 16
labels = torch.tensor(d.target)
order = torch.randperm(len(labels))
images, labels = images[order], labels[order]

train_transform = transforms.Compose([
    transforms.RandomHorizontalFlip(),  # mistake
    transforms.RandomVerticalFlip(),  # mistake
    # sound: transforms.RandomCrop(8, padding=1),
    transforms.Normalize((0.3,), (0.37,)),
])
test_transform = transforms.Normalize((0.3,), (0.37,))
train_set = Digits(images[:1300], labels[:1300], train_transform)  # named here
train_loader = DataLoader(train_set, batch_size=50, shuffle=True)
test_loader = DataLoader(Digits(images[1300:], labels[1300:], test_transform), batch_size=250)

net = nn.Sequential(
    nn.Conv2d(1, 24, 3, padding=1), nn.ReLU(), nn.Conv2d(24, 24, 3), nn.ReLU(), nn.Flatten(), nn.Linear(24 * 36, 10)
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(4):
    net.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        hits = sum((net(x).argmax(1) == y).sum().item() for x, y in test_loader)
    print(f"epoch {epoch + 1}: loss {loss.item():.3f} test accuracy {hits / 497:.3f}")
