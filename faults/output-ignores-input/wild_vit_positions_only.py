"""In a small vision transformer the position embedding replaces the tokens instead of being added."""
# expect: output-ignores-input unused-result input-ignored
import torch
import torch.nn as nn
import torch.nn.functional as F


class PatchClassifier(nn.Module):
    def __init__(self, size=12, patch=4, dim=32, classes=5):
        super().__init__()
        self.patchify = nn.Conv2d(1, dim, kernel_size=patch, stride=patch)
        n_tokens = (size // patch) ** 2
        self.pos = nn.Parameter(torch.randn(1, n_tokens, dim) * 0.02)
        self.block = nn.TransformerEncoderLayer(
            dim, nhead=4, dim_feedforward=64, dropout=0.0, batch_first=True, norm_first=True
        )
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, classes)

    def forward(self, img):
        tokens = self.patchify(img).flatten(2).transpose(1, 2)
        tokens = self.pos.expand_as(tokens)  # mistake
        # sound: tokens = tokens + self.pos.expand_as(tokens)
        tokens = self.block(tokens)
        return self.head(self.norm(tokens.mean(dim=1)))


torch.manual_seed(0)
templates = torch.randn(5, 1, 12, 12)
labels = torch.randint(5, (900,))
images = templates[labels] + torch.randn(900, 1, 12, 12)
images = images / images.std()
train_x, train_y, test_x, test_y = images[:700], labels[:700], images[700:], labels[700:]

model = PatchClassifier()
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.0)
for epoch in range(4):
    model.train()
    for idx in torch.randperm(700).split(35):
        loss = F.cross_entropy(model(train_x[idx]), train_y[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        acc = (model(test_x).argmax(1) == test_y).float().mean().item()
    print(f"epoch {epoch} loss {loss.item():.3f} test acc {acc:.3f}")
