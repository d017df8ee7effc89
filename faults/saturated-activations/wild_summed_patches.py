"""Sixty-four patch vectors are added up, not averaged, before the sigmoid gate: all gates are fully open or shut."""
# expect: saturated-activations
import torch
from torch import nn
from sklearn.datasets import load_digits


class GatedBag(nn.Module):
    """Every pixel with its place is embedded; the bag of them goes through a gated layer."""

    def __init__(self, dim=64, classes=10):
        super().__init__()
        self.place = nn.Parameter(torch.randn(64, dim))
        self.embed = nn.Linear(1, dim)
        self.mix = nn.Linear(dim, dim)
        self.value = nn.Linear(dim, dim)
        self.gate = nn.Linear(dim, dim)
        self.classify = nn.Linear(dim, classes)

    def forward(self, pixels):
        tokens = self.embed(pixels.unsqueeze(-1)) + 1.0
        tokens = tokens * self.place
        tokens = tokens + self.mix(tokens).relu()
        bag = 4 * tokens.sum(dim=1)  # mistake
        # sound: bag = 4 * tokens.mean(dim=1)
        h = torch.sigmoid(self.gate(bag)) * torch.tanh(self.value(bag))  # named here
        return self.classify(h)


def main():
    torch.manual_seed(2)
    digits = load_digits()
    x = torch.tensor(digits.data, dtype=torch.float32).div(16).sub(0.3)
    y = torch.tensor(digits.target)
    keep = torch.randperm(len(x))
    train_ids, test_ids = keep[:1440], keep[1440:]
    model = GatedBag()
    opt = torch.optim.Adam(model.parameters(), lr=3e-3)
    step = 0
    for epoch in range(6):
        model.train()
        for ids in train_ids[torch.randperm(len(train_ids))].split(72):
            logits = model(x[ids])
            loss = nn.functional.cross_entropy(logits, y[ids])
            opt.zero_grad()
            loss.backward()
            opt.step()
            step += 1
            if step % 20 == 0:
                print(f"step {step:4d} loss {loss.item():.4f}")
    model.eval()
    with torch.no_grad():
        acc = (model(x[test_ids]).argmax(-1) == y[test_ids]).float().mean()
    print(f"test accuracy {acc.item():.3f}")


main()
