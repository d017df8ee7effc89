"""Sound: channel shuffle, heads split and joined, frames folded into the batch and back, all rightly."""
import torch
import torch.nn as nn
import torch.nn.functional as F


def channel_shuffle(x, groups):
    n, c, h, w = x.shape
    return x.view(n, groups, c // groups, h, w).transpose(1, 2).reshape(n, c, h, w)


class FrameEncoder(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(16, 16, 3, stride=2, padding=1, groups=4)
        self.fc = nn.Linear(16 * 9, dim)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(channel_shuffle(self.conv2(x), 4))
        return F.relu(self.fc(x.reshape(x.size(0), -1)))


class VideoNet(nn.Module):
    """Frames are encoded as one big batch, then the batch is unfolded for attention over time."""

    def __init__(self, dim=32, heads=4, classes=4):
        super().__init__()
        self.encoder = FrameEncoder(dim)
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, classes)

    def forward(self, video):
        n, t, c, h, w = video.shape
        z = self.encoder(video.view(n * t, c, h, w)).view(n, t, -1)
        qkv = self.qkv(z).view(n, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        att = torch.softmax(qkv[0] @ qkv[1].transpose(-2, -1) / qkv.size(-1) ** 0.5, dim=-1)
        mixed = (att @ qkv[2]).permute(0, 2, 1, 3).contiguous().view(n, t, -1)
        z = self.norm(z + self.out(mixed))
        return self.head(z.transpose(1, 2).mean(-1))


torch.manual_seed(0)
scenes = torch.randn(4, 6, 1, 12, 12)
y = torch.randint(4, (700,))
x = 0.6 * scenes[y] + 0.8 * torch.randn(700, 6, 1, 12, 12)
net = VideoNet()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(3):
    net.train()
    for i in torch.randperm(500).split(25):
        loss = F.cross_entropy(net(x[i]), y[i])
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        print(epoch, loss.item(), (net(x[500:]).argmax(1) == y[500:]).float().mean().item())
