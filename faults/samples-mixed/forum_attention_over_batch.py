"""nn.MultiheadAttention on (batch, patches, dim) without batch_first: it attends across pictures."""
# expect: samples-mixed
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
patches = torch.randn(6, 1, 4, 4)


def scenes(n):
    """which of six stamps is in the picture, somewhere"""
    y = torch.randint(0, 6, (n,))
    x = torch.randn(n, 1, 16, 16) * 0.4
    for i in range(n):
        r, c = torch.randint(0, 4, (2,)).tolist()
        x[i, :, 4 * r:4 * r + 4, 4 * c:4 * c + 4] += 1.5 * patches[y[i]]
    return TensorDataset(x, y)


class TinyViT(nn.Module):
    def __init__(self, dim=32, heads=4):
        super().__init__()
        self.embed = nn.Conv2d(1, dim, 4, stride=4)
        self.pos = nn.Parameter(torch.randn(1, 16, dim) * 0.02)
        self.norm = nn.LayerNorm(dim)
        self.attn = nn.MultiheadAttention(dim, heads)  # mistake
        # sound: self.attn = nn.MultiheadAttention(dim, heads, batch_first=True)
        self.mlp = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, 64), nn.GELU(), nn.Linear(64, dim))
        self.head = nn.Linear(dim, 6)

    def forward(self, x):
        x = self.embed(x).flatten(2).transpose(1, 2) + self.pos
        h = self.norm(x)
        x = x + self.attn(h, h, h, need_weights=False)[0]  # named here
        x = x + self.mlp(x)
        return self.head(x.mean(1))


train_dl = DataLoader(scenes(960), batch_size=48, shuffle=True)
test_dl = DataLoader(scenes(240), batch_size=48)
model = TinyViT()
opt = torch.optim.AdamW(model.parameters(), lr=2e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(8):
    model.train()
    for x, y in train_dl:
        loss = criterion(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        acc = sum((model(x).argmax(1) == y).sum().item() for x, y in test_dl) / 240
    print('epoch', epoch, 'loss %.4f' % loss.item(), 'acc %.3f' % acc)
