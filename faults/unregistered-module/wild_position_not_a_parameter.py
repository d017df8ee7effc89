"""Position embedding and class token are tensors with requires_grad=True, not nn.Parameter: never trained."""
# expect: unregistered-module
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(40)


class OrderNet(nn.Module):
    """Pictures cut into four strips; the class is the order of the strips."""

    def __init__(self, dim=32, classes=4):
        super().__init__()
        self.embed = nn.Linear(64, dim)
        self.pos = torch.randn(1, 5, dim, requires_grad=True)  # mistake
        self.cls = torch.randn(1, 1, dim, requires_grad=True)  # mistake
        # sound: self.pos = nn.Parameter(torch.randn(1, 5, dim))
        # sound: self.cls = nn.Parameter(torch.randn(1, 1, dim))
        self.encoder = nn.TransformerEncoderLayer(
            dim, nhead=4, dim_feedforward=64, dropout=0.0, batch_first=True, norm_first=True
        )
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, classes)

    def forward(self, x):
        x = self.embed(x)
        cls = self.cls.expand(x.size(0), -1, -1)  # named here
        x = torch.cat([cls, x], dim=1) + self.pos  # named here
        return self.head(self.norm(self.encoder(x)[:, 0]))


strips = torch.randn(4, 64)
orders = torch.tensor([[0, 1, 2, 3], [1, 0, 3, 2], [3, 2, 1, 0], [2, 3, 0, 1]])


def sample(n):
    y = torch.randint(4, (n,))
    return strips[orders[y]] + 0.7 * torch.randn(n, 4, 64), y


model = OrderNet()
opt = torch.optim.AdamW(model.parameters(), lr=2e-3)  # named here
for step in range(120):
    x, y = sample(50)
    loss = F.cross_entropy(model(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 30 == 0:
        print(f"step {step}: loss {loss.item():.3f}")
model.eval()
with torch.no_grad():
    x, y = sample(400)
    print("accuracy", (model(x).argmax(1) == y).float().mean().item())
