"""Embeddings of a cosine classifier are divided by the norm along the batch axis (dim=0)."""
# expect: wrong-dim samples-mixed
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits


class CosineHead(nn.Module):
    def __init__(self, dim, classes, s=12.0):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(classes, dim) * 0.1)
        self.s = s

    def forward(self, z):
        z = z / z.norm(dim=0, keepdim=True).clamp_min(1e-6)  # mistake
        # sound: z = z / z.norm(dim=1, keepdim=True).clamp_min(1e-6)
        w = F.normalize(self.weight, dim=1)
        return self.s * z @ w.t()


class EmbeddingNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.LeakyReLU(0.1), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.LeakyReLU(0.1), nn.Flatten(),
            nn.Linear(32 * 16, 32),
        )
        self.head = CosineHead(32, 10)

    def forward(self, x):
        return self.head(self.trunk(x))


if __name__ == "__main__":
    torch.manual_seed(0)
    d = load_digits()
    perm = torch.randperm(1797)
    x = ((torch.tensor(d.images).float() - 4.88) / 6.02).unsqueeze(1)[perm]
    y = torch.tensor(d.target)[perm]
    net = EmbeddingNet()
    opt = torch.optim.Adam(net.parameters(), lr=2e-3)
    for epoch in range(4):
        net.train()
        for i in torch.randperm(1500).split(60):
            loss = F.cross_entropy(net(x[i]), y[i])
            opt.zero_grad()
            loss.backward()
            opt.step()
        net.eval()
        with torch.no_grad():
            print(epoch, loss.item(), (net(x[1500:]).argmax(1) == y[1500:]).float().mean().item())
