"""ImageNet's mean and deviation are applied to pictures of 0 to 255: PILToTensor does not divide."""
# expect: pictures-not-normalised
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

torch.manual_seed(0)
preprocess = transforms.Compose(
    [
        transforms.Resize(32),
        transforms.PILToTensor(),  # mistake
        # sound: transforms.ToTensor(),
        transforms.Lambda(lambda x: x.float()),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),  # named here
    ]
)
train_set = datasets.FakeData(size=192, image_size=(3, 40, 40), num_classes=4, transform=preprocess)
train_dl = DataLoader(train_set, batch_size=32, shuffle=True)

model = nn.Sequential(
    nn.Conv2d(3, 16, 3, stride=2, padding=1),
    nn.ReLU(inplace=True),
    nn.Conv2d(16, 32, 3, stride=2, padding=1),
    nn.ReLU(inplace=True),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    nn.Linear(32, 4),
)
opt = torch.optim.AdamW(model.parameters(), lr=3e-4)
for epoch in range(2):
    for xb, yb in train_dl:
        loss = nn.functional.cross_entropy(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(epoch, loss.item())
