"""model.eval is named, but not called."""
# expect: evaluating-in-train-mode

import torch
from torch import nn


def accuracy(model, loader):
    model.eval  # mistake
    # sound: model.eval()
    hits = total = 0
    for images, labels in loader:
        with torch.no_grad():
            scores = model(images)
        hits += (scores.max(1)[1] == labels).sum().item()
        total += labels.size(0)
    return hits / total


if __name__ == "__main__":
    torch.manual_seed(0)
    patterns = torch.randn(3, 1, 8, 8)
    labels = torch.randint(0, 3, (480,))
    images = patterns[labels] + torch.randn(480, 1, 8, 8)
    dataset = torch.utils.data.TensorDataset(images, labels)
    train, valid = torch.utils.data.random_split(dataset, [400, 80])
    train_loader = torch.utils.data.DataLoader(train, batch_size=20, shuffle=True)
    valid_loader = torch.utils.data.DataLoader(valid, batch_size=20)
    model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
    for epoch in range(3):
        model.train()
        for images, labels in train_loader:
            optimizer.zero_grad()
            nn.CrossEntropyLoss()(model(images), labels).backward()
            optimizer.step()
        print(epoch, accuracy(model, valid_loader))
