"""The last convolution needs 3x3 pixels, but two poolings have left 2x2: it crashes."""
# expect: feature-map-too-small
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits


class LeNetLike(nn.Module):
    def __init__(self):
        super(LeNetLike, self).__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 16, 3, padding=1)
        self.conv3 = nn.Conv2d(16, 64, 3)  # mistake
        # sound: self.conv3 = nn.Conv2d(16, 64, 2)
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)  # named here
        x = F.relu(self.conv3(x))  # named here
        return self.fc(x.flatten(1))


def main():
    torch.manual_seed(1)
    digits = load_digits()
    x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1)
    x = x.sub(4.88).div(6.02)
    y = torch.tensor(digits.target)
    model = LeNetLike()
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
    for epoch in range(5):
        for idx in torch.randperm(1500).split(60):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[idx]), y[idx])
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch} loss {loss.item():.4f}")
    with torch.no_grad():
        print("test accuracy", (model(x[1500:]).argmax(1) == y[1500:]).float().mean().item())


if __name__ == "__main__":
    main()
