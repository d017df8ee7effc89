"""A character model softmaxes what it calls logits, then gives them to F.cross_entropy through a view."""
# expect: softmax-before-cross-entropy
import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(1337)
text = "the quick brown fox jumps over the lazy dog. " * 60
chars = sorted(set(text))
stoi = {c: i for i, c in enumerate(chars)}
data = torch.tensor([stoi[c] for c in text])
config = {"vocab_size": len(chars), "d_model": 48, "context": 12, "batch": 32}


def get_batches(data, cfg):
    ix = torch.randint(0, len(data) - cfg["context"] - 1, (cfg["batch"],))
    x = torch.stack([data[i : i + cfg["context"]] for i in ix])
    y = torch.stack([data[i + 1 : i + cfg["context"] + 1] for i in ix])
    return x, y


class CharModel(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.cfg = cfg
        self.embedding = nn.Embedding(cfg["vocab_size"], cfg["d_model"])
        self.rnn = nn.GRU(cfg["d_model"], cfg["d_model"], batch_first=True)
        self.linear = nn.Sequential(
            nn.Linear(cfg["d_model"], cfg["d_model"]),
            nn.ReLU(),
            nn.Linear(cfg["d_model"], cfg["vocab_size"]),
        )

    def forward(self, idx, targets=None):
        h, _ = self.rnn(self.embedding(idx))
        a = self.linear(h)
        logits = F.softmax(a, dim=-1)  # mistake
        # sound: logits = a
        if targets is None:
            return logits
        loss = F.cross_entropy(logits.view(-1, self.cfg["vocab_size"]), targets.view(-1))  # named here
        return logits, loss


model = CharModel(config)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for step in range(100):
    optimizer.zero_grad()
    xb, yb = get_batches(data, config)
    logits, loss = model(xb, yb)
    loss.backward()
    optimizer.step()
    if step % 25 == 0:
        print("step", step, "loss", loss.item())

model.eval()
with torch.no_grad():
    xb, yb = get_batches(data, config)
    print("next-char accuracy", (model(xb).argmax(-1) == yb).float().mean().item())
