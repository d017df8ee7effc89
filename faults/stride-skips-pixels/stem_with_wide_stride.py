"""The first convolution moves a 3x3 window by 4 pixels: rows and columns between are never seen."""
# expect: stride-skips-pixels
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import FakeData

model = nn.Sequential(
    nn.Conv2d(3, 24, kernel_size=3, stride=4, padding=1),  # mistake
    # sound: nn.Conv2d(3, 24, kernel_size=7, stride=4, padding=3),
    nn.ReLU(),
    nn.Conv2d(24, 32, 3, padding=1),
    nn.ReLU(),
    nn.AdaptiveAvgPool2d(2),
    nn.Flatten(),
    nn.Linear(128, 5),
)


def main():
    torch.manual_seed(9)
    data = FakeData(120, (3, 32, 32), 5, transform=transforms.Compose([transforms.ToTensor(), transforms.Normalize(0.5, 0.29)]))
    loader = DataLoader(data, batch_size=20, shuffle=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(2):
        for images, targets in loader:
            optimizer.zero_grad()
            loss = criterion(model(images), targets)
            loss.backward()
            optimizer.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
