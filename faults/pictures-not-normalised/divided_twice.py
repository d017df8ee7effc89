"""ToTensor has divided by 255 already, and the training loop divides once more."""
# expect: pictures-not-normalised
import torch
import torch.nn as nn
import torch.nn.functional as F
from torchvision import transforms
from torchvision.datasets import FakeData


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 5, stride=2)
        self.conv2 = nn.Conv2d(8, 16, 3, stride=2)
        self.fc = nn.Linear(16 * 6 * 6, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        return self.fc(x.flatten(1))


def train(model, device, train_loader, optimizer):
    model.train()
    for data, target in train_loader:
        data, target = data.to(device), target.to(device)
        data = data / 255.0  # mistake
        optimizer.zero_grad()
        loss = F.cross_entropy(model(data), target)
        loss.backward()
        optimizer.step()
    print("loss", loss.item())


def main():
    torch.manual_seed(1)
    transform = transforms.Compose([transforms.ToTensor()])
    dataset = FakeData(256, (3, 32, 32), 10, transform)
    train_loader = torch.utils.data.DataLoader(dataset, batch_size=32, shuffle=True)
    model = Net()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(2):
        train(model, torch.device("cpu"), train_loader, optimizer)


if __name__ == "__main__":
    main()
