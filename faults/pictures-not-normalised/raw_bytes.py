"""Pictures of 0 to 255 go into the network without being divided."""
# expect: pictures-not-normalised
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

rng = np.random.default_rng(0)
torch.manual_seed(0)


def draw(label):
    canvas = rng.integers(0, 60, (28, 28), dtype=np.uint8)
    row = 2 + 5 * label
    canvas[row : row + 4, 4:24] = rng.integers(150, 256, (4, 20), dtype=np.uint8)
    return canvas


class Bars(Dataset):
    def __init__(self, n):
        self.labels = rng.integers(0, 5, n)
        self.pictures = [draw(label) for label in self.labels]

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        image = torch.from_numpy(self.pictures[i]).unsqueeze(0).float()  # mistake
        # sound: image = torch.from_numpy(self.pictures[i]).unsqueeze(0).float() / 255
        return image, int(self.labels[i])


net = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(4), nn.Flatten(), nn.Linear(8 * 49, 5)
)
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
criterion = nn.CrossEntropyLoss()
loader = DataLoader(Bars(640), batch_size=64, shuffle=True)

for epoch in range(3):
    total, correct = 0.0, 0
    for images, labels in loader:
        optimizer.zero_grad()
        logits = net(images)
        loss = criterion(logits, labels)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(labels)
        correct += (logits.argmax(1) == labels).sum().item()
    print(f"epoch {epoch}: loss {total / 640:.3f}, accuracy {correct / 640:.1%}")
