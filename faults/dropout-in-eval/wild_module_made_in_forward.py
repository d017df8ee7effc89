"""nn.Dropout is made inside forward: a new module is always in train mode, eval() can't reach it."""
# expect: dropout-in-eval
import torch
from torch import nn


class FineGrained(nn.Module):
    """Global and local features, joined."""

    def __init__(self, classes):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2))
        self.local = nn.Sequential(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        # sound: self.drop = nn.Dropout(p=0.5)
        self.fc = nn.Linear(32 * 16, classes)

    def forward(self, x):
        x = self.local(self.stem(x))
        x = torch.flatten(x, start_dim=1)
        x = nn.Dropout(p=0.5)(x)  # mistake
        # sound: x = self.drop(x)
        return self.fc(x)


def loop(net, batches, opt=None):
    net.train() if opt else net.eval()
    seen = right = 0
    for x, y in batches:
        with torch.set_grad_enabled(opt is not None):
            out = net(x)
            loss = nn.functional.cross_entropy(out, y)
        if opt:
            opt.zero_grad()
            loss.backward()
            opt.step()
        right += (out.argmax(1) == y).sum().item()
        seen += len(y)
    return right / seen


if __name__ == "__main__":
    torch.manual_seed(33)
    birds = torch.randn(8, 3, 16, 16)
    y = torch.randint(8, (900,))
    x = 0.45 * birds[y] + 0.9 * torch.randn(900, 3, 16, 16)
    net = FineGrained(8)
    opt = torch.optim.Adam(net.parameters(), lr=2e-3)
    for epoch in range(4):
        order = torch.randperm(700)
        train = loop(net, [(x[i], y[i]) for i in order.split(35)], opt)
        valid = loop(net, [(x[700:], y[700:])])
        print(f"epoch {epoch}: train {train:.3f} valid {valid:.3f}")
