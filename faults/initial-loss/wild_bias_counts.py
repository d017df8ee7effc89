"""The bias of the last layer is set to the class counts instead of the logarithm of their shares."""
# expect: initial-loss
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def build_data(seed=0):
    g = torch.Generator().manual_seed(seed)
    counts = torch.tensor([180, 150, 140, 130, 120])
    labels = torch.repeat_interleave(torch.arange(5), counts)
    prototypes = torch.randn(5, 3, 10, 10, generator=g)
    images = prototypes[labels] + 1.5 * torch.randn(len(labels), 3, 10, 10, generator=g)
    images = (images - images.mean()) / images.std()
    order = torch.randperm(len(labels), generator=g)
    return images[order], labels[order]


def build_model(train_labels):
    model = nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16 * 25, 5)
    )
    # start from the prior of the classes, not from uniform
    counts = torch.bincount(train_labels, minlength=5).float()
    with torch.no_grad():
        model[-1].bias.copy_(counts)  # mistake
        # sound: model[-1].bias.copy_(torch.log(counts / counts.sum()))
    return model


def main():
    torch.manual_seed(0)
    images, labels = build_data()
    n = 560
    train_dl = DataLoader(TensorDataset(images[:n], labels[:n]), batch_size=28, shuffle=True)
    model = build_model(labels[:n])
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    for epoch in range(5):
        epoch_loss = 0.0
        for xb, yb in train_dl:
            optimizer.zero_grad()
            loss = criterion(model(xb), yb)
            loss.backward()
            optimizer.step()
            epoch_loss += loss.item()
        print(f"epoch {epoch} loss {epoch_loss / len(train_dl):.3f}")
    with torch.no_grad():
        acc = (model(images[n:]).argmax(1) == labels[n:]).float().mean()
    print(f"accuracy on the rest {acc:.3f}")


main()
