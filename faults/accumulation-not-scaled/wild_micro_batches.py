"""Each batch is cut into micro-batches to save memory; their mean losses are added up instead of averaged."""
# expect: accumulation-not-scaled
import torch
from torch import nn


class MemorySaver:
    """Trains with large batches in small pieces."""

    def __init__(self, model, optimizer, pieces):
        self.model = model
        self.optimizer = optimizer
        self.pieces = pieces
        self.criterion = nn.CrossEntropyLoss()

    def train_batch(self, images, labels):
        self.optimizer.zero_grad(set_to_none=True)
        total = 0.0
        for xs, ys in zip(images.chunk(self.pieces), labels.chunk(self.pieces)):
            loss = self.criterion(self.model(xs), ys)  # named here
            loss.backward()  # mistake
            # sound: (loss / self.pieces).backward()
            total += loss.item() / self.pieces
        self.optimizer.step()  # named here
        return total


def main():
    torch.manual_seed(0)
    themes = torch.randn(6, 3, 12, 12)
    y = torch.randint(6, (1500,))
    x = (themes[y] + 1.5 * torch.randn(1500, 3, 12, 12)) / 1.8
    model = nn.Sequential(
        nn.Conv2d(3, 12, 3, padding=1), nn.GroupNorm(3, 12), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(432, 6)
    )
    saver = MemorySaver(model, torch.optim.SGD(model.parameters(), lr=0.2), pieces=16)
    for epoch in range(4):
        for idx in torch.randperm(1280).split(128):
            loss = saver.train_batch(x[idx], y[idx])
        with torch.no_grad():
            acc = (model(x[1280:]).argmax(1) == y[1280:]).float().mean().item()
        print(f"epoch {epoch} loss {loss:.4f} acc {acc:.3f}")


if __name__ == "__main__":
    main()
