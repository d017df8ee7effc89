"""A dataset returns H×W×C pictures as Pillow and NumPy hold them, and the first convolution stops."""
# expect: channels-last
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Shapes(Dataset):
    """Squares in one of three colours."""

    def __init__(self, size=300):
        generator = np.random.default_rng(3)
        self.y = generator.integers(0, 3, size)
        self.x = generator.integers(0, 80, (size, 32, 32, 3)).astype(np.uint8)
        for i, label in enumerate(self.y):
            self.x[i, 8:24, 8:24, label] = 220

    def __len__(self):
        return len(self.y)

    def __getitem__(self, index):
        image = self.x[index] / 255.0
        image = torch.tensor(image, dtype=torch.float32)  # mistake
        # sound: image = torch.tensor(image, dtype=torch.float32).permute(2, 0, 1)
        return image, torch.tensor(self.y[index])


class SmallCNN(nn.Module):
    def __init__(self, num_classes=3):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3), nn.ReLU())
        self.head = nn.Linear(32, num_classes)

    def forward(self, x):
        return self.head(self.features(x).mean((2, 3)))


if __name__ == "__main__":
    torch.manual_seed(0)
    loader = DataLoader(Shapes(), batch_size=30, shuffle=True)
    model = SmallCNN()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for epoch in range(3):
        for images, labels in loader:
            optimizer.zero_grad()
            loss = nn.CrossEntropyLoss()(model(images), labels)
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch} loss {loss.item():.4f}")
