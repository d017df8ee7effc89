"""The loss has learnable class centres of its own, but the optimizer only knows the network's parameters."""
# expect: not-in-optimizer
import torch
import torch.nn as nn
import torch.nn.functional as F


class CosineClassLoss(nn.Module):
    """Cross-entropy over cosines to one learned centre for each class."""

    def __init__(self, dim, classes, scale=10.0):
        super().__init__()
        self.centres = nn.Parameter(torch.randn(classes, dim))
        self.scale = scale

    def logits(self, emb):
        return self.scale * F.normalize(emb, dim=1) @ F.normalize(self.centres, dim=1).t()

    def forward(self, emb, target):
        return F.cross_entropy(self.logits(emb), target)


class EmbeddingNet(nn.Module):
    def __init__(self, dim=24):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc = nn.Linear(32 * 9, dim)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc(x.flatten(1))


def main():
    torch.manual_seed(0)
    faces = torch.randn(9, 1, 12, 12)
    y = torch.randint(9, (1080,))
    x = (faces[y] + torch.randn(1080, 1, 12, 12)) / 2**0.5
    net = EmbeddingNet()
    criterion = CosineClassLoss(24, 9)
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)  # mistake
    # sound: optimizer = torch.optim.Adam(list(net.parameters()) + list(criterion.parameters()), lr=2e-3)
    for epoch in range(5):
        net.train()
        for idx in torch.randperm(900).split(30):
            loss = criterion(net(x[idx]), y[idx])
            optimizer.zero_grad()
            criterion.zero_grad()
            loss.backward()
            optimizer.step()
        net.eval()
        with torch.no_grad():
            acc = (criterion.logits(net(x[900:])).argmax(1) == y[900:]).float().mean().item()
        print(f"epoch {epoch} loss {loss.item():.3f} acc {acc:.3f}")


if __name__ == "__main__":
    main()
