"""L2 decay by SGD on every parameter of a net with LayerNorm."""
# expect: weight-decay-on-norm
import torch
from sklearn.datasets import load_digits
from torch import nn


class Mixer(nn.Module):
    """Treats the eight rows of a digit as tokens."""

    def __init__(self, dim=32):
        super().__init__()
        self.embed = nn.Linear(8, dim)
        self.norm1 = nn.LayerNorm(dim)
        self.tokens = nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8))
        self.norm2 = nn.LayerNorm(dim)
        self.channels = nn.Sequential(nn.Linear(dim, 64), nn.GELU(), nn.Linear(64, dim))
        self.head = nn.Linear(dim, 10)

    def forward(self, x):
        x = self.embed(x)
        x = x + self.tokens(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        x = x + self.channels(self.norm2(x))
        return self.head(x.mean(dim=1))


def main():
    torch.manual_seed(0)
    data = load_digits()
    x = (torch.tensor(data.images, dtype=torch.float32) / 16 - 0.305) / 0.376
    y = torch.tensor(data.target)
    order = torch.randperm(len(x))
    train, test = order[:1400], order[1400:]
    model = Mixer()
    decay, rest = [], []
    for name, p in model.named_parameters():
        (rest if name.endswith("bias") or "norm" in name else decay).append(p)
    optimizer = torch.optim.SGD(decay + rest, lr=0.1, momentum=0.9, weight_decay=5e-4)  # mistake
    # sound: optimizer = torch.optim.SGD([{"params": decay, "weight_decay": 5e-4}, {"params": rest}], 0.1, 0.9)
    for _ in range(8):
        for idx in train[torch.randperm(len(train))].split(50):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[idx]), y[idx]).backward()
            optimizer.step()
    with torch.no_grad():
        print("test accuracy", (model(x[test]).argmax(1) == y[test]).float().mean().item())


main()
