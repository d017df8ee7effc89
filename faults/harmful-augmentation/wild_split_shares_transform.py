"""random_split gives two views of one dataset, so validation pictures are cropped, erased and jittered too."""
# expect: harmful-augmentation different-preprocessing
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, Subset, random_split
from torchvision import transforms as T
from torchvision.datasets import FakeData

mean_std = ([0.5] * 3, [0.5] * 3)
augment = T.Compose([
    T.RandomResizedCrop(20, scale=(0.2, 1.0)),
    T.RandomHorizontalFlip(),
    T.ColorJitter(0.5, 0.5, 0.5),
    T.ToTensor(),
    T.Normalize(*mean_std),
    T.RandomErasing(p=0.5),
])
plain = T.Compose([T.Resize(20), T.ToTensor(), T.Normalize(*mean_std)])


class Tinted(FakeData):
    """FakeData is noise; every class gets a channel of its own that is brighter."""

    def __getitem__(self, index):
        img, target = super().__getitem__(index)
        img[target] += 1.5  # after the transform, on the normalised tensor
        return img, target


torch.manual_seed(0)
full = Tinted(size=300, image_size=(3, 24, 24), num_classes=3, transform=augment)  # named here
train_set, val_set = random_split(full, [240, 60])  # mistake
# sound: plain_full = Tinted(size=300, image_size=(3, 24, 24), num_classes=3, transform=plain)
# sound: train_set, val_indices = random_split(full, [240, 60])
# sound: val_set = Subset(plain_full, val_indices.indices)
print("kinds of sets:", type(train_set).__name__, Subset.__name__)
train_loader = DataLoader(train_set, batch_size=24, shuffle=True)
val_loader = DataLoader(val_set, batch_size=30)  # named here

model = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, 3))
optimizer = optim.Adam(model.parameters(), lr=1e-2)
for epoch in range(4):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        correct = sum((model(x).argmax(1) == y).sum().item() for x, y in val_loader)  # named here
    print(f"epoch {epoch} loss {loss.item():.3f} val acc {correct / len(val_set):.3f}")
