"""A train_step returns -loss for the log, and it is this negative that is differentiated."""
# expect: loss-sign-or-sum
import torch
import torch.nn.functional as F
from torch import nn


class LitLike(nn.Module):
    """A module that knows its own loss, as in Lightning."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8 * 25, 5)
        )

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch):
        x, y = batch
        log_likelihood = -F.cross_entropy(self(x), y)  # named here
        return log_likelihood  # mistake
        # sound: return -log_likelihood

    def validation_step(self, batch):
        x, y = batch
        return (self(x).argmax(1) == y).float().mean()

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)


class MiniTrainer:
    def __init__(self, max_epochs):
        self.max_epochs = max_epochs

    def fit(self, module, train, val):
        optimizer = module.configure_optimizers()
        for epoch in range(self.max_epochs):
            module.train()
            for idx in torch.randperm(len(train[0])).split(32):
                optimizer.zero_grad()
                loss = module.training_step((train[0][idx], train[1][idx]))
                loss.backward()  # named here
                optimizer.step()
            module.eval()
            with torch.no_grad():
                print(f"epoch {epoch} loss {loss.item():.3f} val_acc {module.validation_step(val).item():.3f}")


if __name__ == "__main__":
    torch.manual_seed(0)
    protos = torch.randn(5, 1, 10, 10)
    y = torch.randint(5, (1000,))
    x = protos[y] + torch.randn(1000, 1, 10, 10)
    x = x / x.std()
    MiniTrainer(max_epochs=5).fit(LitLike(), (x[:800], y[:800]), (x[800:], y[800:]))
