"""Attention pooling: the weights go through softmax inside the scorer and again when they are used."""
# expect: softmax-twice
import torch
from torch import nn


class Scorer(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.proj = nn.Linear(dim, dim)
        self.v = nn.Linear(dim, 1, bias=False)

    def forward(self, h):  # h: bags x instances x dim
        e = self.v(torch.tanh(self.proj(h))).squeeze(-1)
        return torch.softmax(e, dim=1)  # mistake
        # sound: return e


class AttentionMIL(nn.Module):
    def __init__(self, d_in=20, dim=32, classes=3):
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(d_in, dim), nn.ReLU())
        self.scorer = Scorer(dim)
        self.classify = nn.Linear(dim, classes)

    def forward(self, bag):
        h = self.embed(bag)
        a = torch.softmax(self.scorer(h), dim=1)  # named here
        z = torch.bmm(a.unsqueeze(1), h).squeeze(1)
        return self.classify(z), a


def bags(n, key, g):
    """Each bag has 30 instances; one of them tells the class."""
    y = torch.randint(3, (n,), generator=g)
    x = torch.randn(n, 30, 20, generator=g)
    where = torch.randint(30, (n,), generator=g)
    x[torch.arange(n), where] = 2.5 * key[y] + 0.3 * torch.randn(n, 20, generator=g)
    return x, y


def run():
    torch.manual_seed(11)
    g = torch.Generator().manual_seed(11)
    key = torch.randn(3, 20, generator=g)
    train, test = bags(1200, key, g), bags(300, key, g)
    net = AttentionMIL()
    optim = torch.optim.Adam(net.parameters(), lr=5e-3)
    crit = nn.CrossEntropyLoss()
    for epoch in range(6):
        for idx in torch.randperm(1200).chunk(24):
            logits, _ = net(train[0][idx])
            loss = crit(logits, train[1][idx])
            optim.zero_grad()
            loss.backward()
            optim.step()
        with torch.no_grad():
            logits, a = net(test[0])
        hit = (logits.argmax(1) == test[1]).float().mean().item()
        print(f"epoch {epoch}  loss {loss.item():.3f}  acc {hit:.3f}  biggest weight {a.max():.3f}")


run()
