"""OneCycleLR stepped once a batch with the right number of steps, and gradients clipped before the step."""
import torch
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.utils.data import DataLoader, TensorDataset


class ResBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        nn.init.zeros_(self.bn2.weight)  # the block starts as the identity

    def forward(self, x):
        out = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(x + self.bn2(self.conv2(out)))


class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 24, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(24), nn.ReLU())
        self.blocks = nn.Sequential(ResBlock(24), ResBlock(24))
        self.pool = nn.AdaptiveAvgPool2d(2)
        self.fc = nn.Linear(96, classes)
        nn.init.zeros_(self.fc.weight)  # and the head says nothing yet
        nn.init.zeros_(self.fc.bias)

    def forward(self, x):
        return self.fc(self.pool(self.blocks(self.stem(x))).flatten(1))


def main():
    torch.manual_seed(0)
    epochs = 4
    protos = torch.randn(6, 3, 12, 12)
    y = torch.randint(6, (1000,))
    x = (protos[y] + torch.randn(1000, 3, 12, 12)) / 2**0.5
    loader = DataLoader(TensorDataset(x[:800], y[:800]), batch_size=32, shuffle=True)
    net = Net(6)
    decayed = [p for p in net.parameters() if p.ndim > 1]
    others = [p for p in net.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.01}, {"params": others, "weight_decay": 0}])
    scheduler = OneCycleLR(optimizer, max_lr=1e-2, epochs=epochs, steps_per_epoch=len(loader))
    criterion = nn.CrossEntropyLoss(label_smoothing=0.05)
    for epoch in range(epochs):
        net.train()
        for xb, yb in loader:
            optimizer.zero_grad(set_to_none=True)
            loss = criterion(net(xb), yb)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            scheduler.step()
        net.eval()
        with torch.no_grad():
            acc = (net(x[800:]).argmax(1) == y[800:]).float().mean().item()
        print(f"epoch {epoch} lr {scheduler.get_last_lr()[0]:.2e} acc {acc:.3f}")


if __name__ == "__main__":
    main()
