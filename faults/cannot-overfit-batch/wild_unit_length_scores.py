"""The class scores are scaled to length one before the loss, so no class can ever be given much more than a third."""
# expect: cannot-overfit-batch plateau
import math

import torch
import torch.nn as nn
import torch.nn.functional as F


class PatchMixer(nn.Module):
    """A little MLP-mixer for 16x16 pictures in 4x4 patches."""

    def __init__(self, dim=32, classes=10):
        super().__init__()
        self.to_tokens = nn.Conv2d(1, dim, 4, stride=4)
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(dim), nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.across = nn.Sequential(nn.Linear(16, 32), nn.GELU(), nn.Linear(32, 16))
        self.within = nn.Sequential(nn.Linear(dim, 64), nn.GELU(), nn.Linear(64, dim))
        self.classify = nn.Linear(dim, classes)

    def forward(self, x):
        t = self.to_tokens(x).flatten(2).transpose(1, 2)
        t = t + self.across(self.norm1(t).transpose(1, 2)).transpose(1, 2)
        t = t + self.within(self.norm2(t))
        scores = self.classify(self.norm3(t).mean(1))
        return F.normalize(scores, dim=-1)  # mistake
        # sound: return scores


class Data:
    def __init__(self, per_class, seed):
        g = torch.Generator().manual_seed(seed)
        self.y = torch.arange(10).repeat_interleave(per_class)
        a = self.y * math.pi / 10 + 0.05 * torch.randn(len(self.y), generator=g)
        u = torch.linspace(-1, 1, 16)
        wave = u[None, None, :] * a.cos()[:, None, None] + u[None, :, None] * a.sin()[:, None, None]
        self.x = torch.cos(9 * wave).unsqueeze(1) + 0.4 * torch.randn(len(self.y), 1, 16, 16, generator=g)
        self.g = g

    def batches(self, size):
        for idx in torch.randperm(len(self.y), generator=self.g).split(size):
            yield self.x[idx], self.y[idx]


torch.manual_seed(0)
train_data, val_data = Data(120, 1), Data(30, 2)
model = PatchMixer()
opt = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.01)
for epoch in range(6):
    model.train()
    seen = []
    for x, y in train_data.batches(60):
        loss = F.cross_entropy(model(x), y)  # named here
        opt.zero_grad()
        loss.backward()
        opt.step()
        seen.append(loss.item())
    model.eval()
    with torch.no_grad():
        logits = model(val_data.x)
        val_loss = F.cross_entropy(logits, val_data.y).item()
        val_acc = (logits.argmax(1) == val_data.y).float().mean().item()
    print(epoch, "train", round(sum(seen) / len(seen), 3), "val", round(val_loss, 3), "acc", round(val_acc, 3))
