"""A second convolution is made in __init__, but forward never calls it."""
# expect: unused-module
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class DigitCNN(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, width, 3, padding=1), nn.ReLU())
        self.refine = nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.ReLU())  # named here
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Linear(width * 16, 10)

    def forward(self, x):
        x = self.stem(x)
        # sound: x = self.refine(x)
        x = self.pool(x)  # mistake
        # sound: x = self.pool(x)
        return self.head(x.flatten(1))


def main():
    torch.manual_seed(1)
    data = load_digits()
    x = torch.tensor(data.images, dtype=torch.float32).unsqueeze(1) / 16
    loader = DataLoader(TensorDataset(x, torch.tensor(data.target)), batch_size=64, shuffle=True)
    model = DigitCNN()
    opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    loss_fn = nn.CrossEntropyLoss()
    for epoch in range(3):
        total = 0.0
        for xb, yb in loader:
            loss = loss_fn(model(xb), yb)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item()
        print(f"epoch {epoch}: {total / len(loader):.3f}")


if __name__ == "__main__":
    main()
