"""The loss is averaged as plain numbers and wrapped into a new tensor, which knows nothing of the network."""
# expect: loss-without-gradient graph-cut
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class TwoViews(nn.Module):
    """One small tower for each half of the picture, and a common head."""

    def __init__(self, classes=5):
        super().__init__()
        self.left = nn.Sequential(nn.Flatten(), nn.Linear(72, 32), nn.ReLU())
        self.right = nn.Sequential(nn.Flatten(), nn.Linear(72, 32), nn.ReLU())
        self.main = nn.Linear(64, classes)
        self.aux = nn.Linear(32, classes)

    def forward(self, x):
        a, b = self.left(x[..., :6]), self.right(x[..., 6:])
        return self.main(torch.cat([a, b], dim=1)), self.aux(a)


def combine(losses, weights):
    total = sum(w * l.item() for w, l in zip(weights, losses))  # mistake
    return torch.tensor(total, requires_grad=True)  # mistake
    # sound: return sum(w * l for w, l in zip(weights, losses))


def main():
    torch.manual_seed(0)
    masters = torch.randn(5, 1, 12, 12)
    y = torch.randint(5, (1000,))
    x = (masters[y] + torch.randn(1000, 1, 12, 12)) / 2**0.5
    loader = DataLoader(TensorDataset(x[:800], y[:800]), batch_size=32, shuffle=True)
    model = TwoViews()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(5):
        for xb, yb in loader:
            out, aux = model(xb)
            loss = combine([criterion(out, yb), criterion(aux, yb)], [1.0, 0.3])
            optimizer.zero_grad()
            loss.backward()  # named here
            optimizer.step()
        print(f"epoch {epoch}: loss {loss.item():.4f}")
    with torch.no_grad():
        print("accuracy", (model(x[800:])[0].argmax(1) == y[800:]).float().mean().item())


main()
