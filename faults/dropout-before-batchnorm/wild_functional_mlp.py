"""F.dropout directly in front of BatchNorm1d in a tabular net."""
# expect: dropout-before-batchnorm
import torch
import torch.nn as nn
import torch.nn.functional as F


class TabNet(nn.Module):
    def __init__(self, n_features: int, n_classes: int, width: int = 64, p: float = 0.3):
        super().__init__()
        self.p = p
        self.lin1 = nn.Linear(n_features, width)
        self.norm = nn.BatchNorm1d(width)
        self.lin2 = nn.Linear(width, width)
        self.lin3 = nn.Linear(width, n_classes)

    def forward(self, x):
        x = F.relu(self.lin1(x))
        x = F.dropout(x, self.p, training=self.training)  # mistake
        x = self.norm(x)  # named here
        x = F.relu(self.lin2(x))
        # sound: x = F.dropout(x, self.p, training=self.training)
        return self.lin3(x)


def main() -> None:
    torch.manual_seed(31)
    centers = 0.8 * torch.randn(4, 25)
    y = torch.randint(4, (2000,))
    x = centers[y] + torch.randn(2000, 25)
    model = TabNet(25, 4)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for epoch in range(5):
        model.train()
        for idx in torch.randperm(1600).split(64):
            loss = F.cross_entropy(model(x[idx]), y[idx])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            acc = (model(x[1600:]).argmax(1) == y[1600:]).float().mean().item()
        print(f"Epoch {epoch} | loss {loss.item():.3f} | acc {acc:.3f}")


if __name__ == "__main__":
    main()
