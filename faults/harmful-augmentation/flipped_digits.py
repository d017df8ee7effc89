"""Digits are mirrored and turned upside down at random."""
# expect: harmful-augmentation
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

digits = load_digits()


class DigitsDataset(Dataset):
    def __init__(self, images, labels, transform=None):
        self.images, self.labels, self.transform = images, labels, transform

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        image = torch.tensor(self.images[i], dtype=torch.float32)[None] / 16
        if self.transform:
            image = self.transform(image)
        return image, self.labels[i]


train_tf = transforms.Compose([
    transforms.RandomHorizontalFlip(),  # mistake
    transforms.RandomVerticalFlip(),  # mistake
    transforms.RandomAffine(8, translate=(0.1, 0.1)),
])
train_loader = DataLoader(DigitsDataset(digits.images[:1500], digits.target[:1500], train_tf), batch_size=64, shuffle=True)
test_loader = DataLoader(DigitsDataset(digits.images[1500:], digits.target[1500:]), batch_size=300)

torch.manual_seed(0)
model = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 64, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(3):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        for x, y in test_loader:
            print(epoch, (model(x).argmax(1) == y).float().mean().item())
