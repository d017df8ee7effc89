"""A small vision transformer on digits: class token, learned positions, pre-norm layers, warm-up and decay."""
import math

import torch
import torch.nn as nn
from sklearn.datasets import load_digits


class ViT(nn.Module):
    def __init__(self, dim=32, depth=1, heads=4, classes=10):
        super().__init__()
        self.patch = nn.Conv2d(1, dim, kernel_size=2, stride=2)
        self.cls = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos = nn.Parameter(torch.randn(1, 17, dim) * 0.02)
        layer = nn.TransformerEncoderLayer(
            dim, heads, dim_feedforward=64, dropout=0.05, activation="gelu", batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, depth, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, classes)

    def forward(self, x):
        tokens = self.patch(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.cls.expand(len(x), -1, -1), tokens], dim=1) + self.pos
        return self.head(self.norm(self.encoder(tokens)[:, 0]))


def lr_at(step, total, warmup=15):
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / (total - warmup)))


torch.manual_seed(0)
data = load_digits()
x = (torch.tensor(data.images).float().unsqueeze(1) / 16 - 0.3) / 0.37
y = torch.tensor(data.target)
perm = torch.randperm(len(x))
x_train, y_train, x_val, y_val = x[perm[:1400]], y[perm[:1400]], x[perm[1400:]], y[perm[1400:]]
model = ViT()
decay = [p for p in model.parameters() if p.ndim >= 2]
no_decay = [p for p in model.parameters() if p.ndim < 2]
groups = [{"params": decay, "weight_decay": 0.05}, {"params": no_decay, "weight_decay": 0.0}]
optimizer = torch.optim.AdamW(groups, lr=6e-3)
epochs, batch_size = 6, 56
total = epochs * 25
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: lr_at(s, total))
for epoch in range(epochs):
    model.train()
    for idx in torch.randperm(1400).split(batch_size):
        loss = nn.functional.cross_entropy(model(x_train[idx]), y_train[idx])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
    model.eval()
    with torch.no_grad():
        acc = (model(x_val).argmax(1) == y_val).float().mean().item()
    print(f"epoch {epoch}: loss {loss.item():.3f} val {acc:.3f}")
