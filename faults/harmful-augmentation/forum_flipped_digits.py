"""Took the augmentation of a cats-and-dogs kernel for digits: horizontal and vertical flips, 180 degrees."""
# expect: harmful-augmentation
import numpy as np
import torch
import torch.nn as nn
import torchvision.transforms as T
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(0)
digits = load_digits()
train_tfms = T.Compose([
    T.ToPILImage(),
    T.RandomHorizontalFlip(),  # mistake
    T.RandomVerticalFlip(),  # mistake
    # sound: T.RandomAffine(degrees=5),
    T.ToTensor(),
    T.Normalize([0.3], [0.37]),
])
valid_tfms = T.Compose([T.ToPILImage(), T.ToTensor(), T.Normalize([0.3], [0.37])])


class DigitsDS(Dataset):
    def __init__(self, lo, hi, tfms):
        self.x = (digits.images[lo:hi] * 15.9).astype(np.uint8)
        self.y = digits.target[lo:hi]
        self.tfms = tfms

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.tfms(self.x[i][:, :, None]), int(self.y[i])


train_dl = DataLoader(DigitsDS(0, 1300, train_tfms), batch_size=50, shuffle=True)  # named here
valid_dl = DataLoader(DigitsDS(1300, 1797, valid_tfms), batch_size=50)
model = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                      nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(512, 10))
loss_fn = nn.CrossEntropyLoss()
optim = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(5):
    model.train()
    for xb, yb in train_dl:  # named here
        optim.zero_grad()
        loss = loss_fn(model(xb), yb)
        loss.backward()
        optim.step()
    model.eval()
    with torch.no_grad():
        acc = sum((model(xb).argmax(1) == yb).sum().item() for xb, yb in valid_dl) / 497
    print('epoch', epoch, 'loss', loss.item(), 'valid', acc)
