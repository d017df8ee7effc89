"""LayerNorm over an axis of length one makes every feature zero, whatever the picture was."""
# expect: output-ignores-input wrong-dim
import torch
from torch import nn


class Embedder(nn.Module):
    def __init__(self, dim=64):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(1, 32, 3, 2, 1), nn.GELU(), nn.Conv2d(32, dim, 3, 2, 1), nn.GELU())
        self.pool = nn.AdaptiveAvgPool2d((2, 2))
        self.proj = nn.Linear(dim * 4, dim)
        self.norm = nn.LayerNorm(1)  # mistake
        # sound: self.norm = nn.LayerNorm(dim)

    def forward(self, x):
        x = self.proj(self.pool(self.conv(x)).flatten(1))
        x = x.unsqueeze(-1)  # mistake
        return self.norm(x)


class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.embed = Embedder()
        self.classify = nn.Linear(64, classes)

    def forward(self, x):
        return self.classify(self.embed(x).flatten(1))


def fit_and_score(net, train, test, epochs):
    opt = torch.optim.Adam(net.parameters(), lr=2e-3)
    x, y = train
    for _ in range(epochs):
        for i in torch.randperm(len(x)).split(40):
            opt.zero_grad()
            nn.functional.cross_entropy(net(x[i]), y[i]).backward()
            opt.step()
    with torch.no_grad():
        return (net(test[0]).argmax(1) == test[1]).float().mean().item()


torch.manual_seed(4)
shapes = torch.randn(4, 1, 16, 16)
labels = torch.randint(4, (1000,))
pictures = (shapes[labels] + torch.randn(1000, 1, 16, 16)) / 2**0.5
score = fit_and_score(Net(4), (pictures[:800], labels[:800]), (pictures[800:], labels[800:]), epochs=4)
print("score", score)
