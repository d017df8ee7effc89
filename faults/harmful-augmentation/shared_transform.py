"""Training and validation are cut from one dataset, so the validation pictures are augmented, too."""
# expect: harmful-augmentation
import torch
from torch import nn
from torch.utils.data import DataLoader, random_split
from torchvision import datasets, transforms

torch.manual_seed(0)
augment = transforms.Compose(
    [
        transforms.RandomCrop(32, padding=4),  # named here
        transforms.RandomHorizontalFlip(),  # named here
        transforms.ColorJitter(0.4, 0.4, 0.4),  # named here
        transforms.ToTensor(),
        transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    ]
)
plain = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))])
dataset = datasets.FakeData(200, (3, 32, 32), 5, transform=augment)
train_data, valid_data = random_split(dataset, [160, 40])  # mistake
# sound: train_data, held = random_split(dataset, [160, 40])
# sound: valid_data = torch.utils.data.Subset(datasets.FakeData(200, (3, 32, 32), 5, transform=plain), held.indices)
train_loader = DataLoader(train_data, batch_size=32, shuffle=True)
valid_loader = DataLoader(valid_data, batch_size=40)  # named here
net = nn.Sequential(nn.Conv2d(3, 8, 3, 2), nn.ReLU(), nn.Conv2d(8, 8, 3, 2), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 49, 5))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=0.001)
for epoch in range(2):
    net.train()
    for inputs, targets in train_loader:
        optimizer.zero_grad()
        loss = criterion(net(inputs), targets)
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        val_loss = sum(criterion(net(inputs), targets).item() for inputs, targets in valid_loader)
    print(f"epoch {epoch} val loss {val_loss:.3f}")
