"""Multi-head attention brings the heads forward with view where transpose was meant."""
# expect: reshape-mixes-axes
from math import sqrt

import torch
import torch.nn as nn
import torch.nn.functional as F


class AttentionLayer(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.n_heads = n_heads
        self.query_projection = nn.Linear(d_model, d_model)
        self.key_projection = nn.Linear(d_model, d_model)
        self.value_projection = nn.Linear(d_model, d_model)
        self.out_projection = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, L, D = x.shape
        H = self.n_heads
        queries = self.query_projection(x).view(B, L, H, -1)
        keys = self.key_projection(x).view(B, L, H, -1)
        values = self.value_projection(x).view(B, L, H, -1)

        queries = queries.view(B, H, L, -1)  # mistake
        keys = keys.view(B, H, L, -1)  # mistake
        values = values.view(B, H, L, -1)  # mistake
        # sound: queries = queries.transpose(1, 2)
        # sound: keys = keys.transpose(1, 2)
        # sound: values = values.transpose(1, 2)

        scores = queries @ keys.transpose(-2, -1) / sqrt(queries.shape[-1])
        context = torch.softmax(scores, dim=-1) @ values
        context = context.view(B, L, -1)  # mistake
        # sound: context = context.transpose(1, 2).reshape(B, L, -1)
        return self.out_projection(context)


class Encoder(nn.Module):
    def __init__(self, c_in=4, d_model=32, n_heads=4, length=24, classes=4):
        super().__init__()
        self.value_embedding = nn.Linear(c_in, d_model)
        self.position = nn.Parameter(torch.randn(length, d_model) * 0.02)
        self.attention = AttentionLayer(d_model, n_heads)
        self.norm1, self.norm2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.ff = nn.Sequential(nn.Linear(d_model, 64), nn.ReLU(), nn.Linear(64, d_model))
        self.projection = nn.Linear(d_model, classes)

    def forward(self, x_enc):
        x = self.value_embedding(x_enc) + self.position
        x = self.norm1(x + self.attention(x))
        x = self.norm2(x + self.ff(x))
        return self.projection(x.mean(1))


def series(n):
    y = torch.randint(4, (n,))
    return shapes[y] + torch.randn(n, 24, 4), y


torch.manual_seed(2021)
shapes = torch.randn(4, 24, 4).cumsum(1) / 2
train_x, train_y = series(1000)
test_x, test_y = series(300)
model = Encoder()
optim = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(5):
    model.train()
    for idx in torch.randperm(1000).split(50):
        optim.zero_grad()
        loss = F.cross_entropy(model(train_x[idx]), train_y[idx])
        loss.backward()
        optim.step()
    model.eval()
    with torch.no_grad():
        acc = (model(test_x).argmax(1) == test_y).float().mean().item()
    print(f"Epoch: {epoch + 1} | Train Loss: {loss.item():.4f} Test acc: {acc:.4f}")
