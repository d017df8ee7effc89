"""The downsampling conv has kernel 2 and stride 3: every third row and column is never looked at."""
# expect: stride-skips-pixels
import torch
import torch.nn as nn

torch.manual_seed(12)


class Down(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.conv = nn.Conv2d(i, o, kernel_size=2, stride=3, bias=False)  # mistake
        # sound: self.conv = nn.Conv2d(i, o, kernel_size=3, stride=3, bias=False)
        self.norm = nn.GroupNorm(1, o)
        self.act = nn.GELU()

    def forward(self, x):
        return self.act(self.norm(self.conv(x)))  # named here


class ConvNeXtLite(nn.Module):
    def __init__(self, dim=24, classes=6):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, dim, 3, padding=1), nn.GELU())
        self.down1 = Down(dim, 2 * dim)
        self.down2 = Down(2 * dim, 2 * dim)
        self.head = nn.Linear(2 * dim * 4, classes)

    def forward(self, x):
        x = self.stem(x)
        x = self.down1(x)  # named here
        x = self.down2(x)  # named here
        return self.head(x.flatten(1))


pattern = torch.randn(6, 3, 18, 18)
y = torch.randint(6, (640,))
x = 0.6 * pattern[y] + 0.8 * torch.randn(640, 3, 18, 18)
net = ConvNeXtLite()
opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
for step in range(60):
    idx = torch.randint(0, 480, (32,))
    loss = nn.functional.cross_entropy(net(x[idx]), y[idx])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 20 == 0:
        print(step, loss.item())
with torch.no_grad():
    print("acc", (net(x[480:]).argmax(1) == y[480:]).float().mean().item())
