"""CutMix and MixUp with soft labels in cross-entropy; accuracy is taken on unmixed pictures only."""
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, default_collate
from torchvision.transforms import v2

CLASSES = 6
torch.manual_seed(0)
protos = torch.randn(CLASSES, 3, 16, 16)
y = torch.randint(CLASSES, (1000,))
x = (protos[y] + 0.8 * torch.randn(1000, 3, 16, 16)) / 1.28
cutmix = v2.RandomChoice([v2.CutMix(num_classes=CLASSES), v2.MixUp(num_classes=CLASSES, alpha=0.4)])


def collate(batch):
    return cutmix(*default_collate(batch))


train_loader = DataLoader(TensorDataset(x[:800], y[:800]), batch_size=32, shuffle=True, collate_fn=collate)
test_loader = DataLoader(TensorDataset(x[800:], y[800:]), batch_size=100)
model = nn.Sequential(
    nn.Conv2d(3, 16, 3, padding=1, bias=False),
    nn.BatchNorm2d(16),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1, bias=False),
    nn.BatchNorm2d(32),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(512, CLASSES),
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True)
for epoch in range(3):
    model.train()
    for images, soft in train_loader:
        optimizer.zero_grad()
        F.cross_entropy(model(images), soft).backward()
        optimizer.step()
    model.eval()
    right = 0
    with torch.no_grad():
        for images, labels in test_loader:
            right += (model(images).argmax(1) == labels).sum().item()
    print(epoch, right / 200)
