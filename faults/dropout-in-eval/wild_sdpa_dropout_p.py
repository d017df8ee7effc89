"""scaled_dot_product_attention gets dropout_p=0.2 always; it knows nothing of eval()."""
# expect: dropout-in-eval
import torch
import torch.nn.functional as F
from torch import Tensor, nn


class CausalFreeAttention(nn.Module):
    def __init__(self, dim: int, heads: int, dropout: float = 0.2) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        b, l, d = x.shape
        qkv = self.qkv(x).view(b, l, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
        p = self.dropout  # mistake
        # sound: p = self.dropout if self.training else 0.0
        out = F.scaled_dot_product_attention(q, k, v, dropout_p=p)  # named here
        return self.proj(out.transpose(1, 2).reshape(b, l, d))


class SequenceClassifier(nn.Module):
    def __init__(self, vocab: int, dim: int = 32, classes: int = 3, length: int = 16) -> None:
        super().__init__()
        self.tok = nn.Embedding(vocab, dim)
        self.pos = nn.Embedding(length, dim)
        self.ln1, self.ln2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attn = CausalFreeAttention(dim, 4)
        self.mlp = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))
        self.head = nn.Linear(dim, classes)

    def forward(self, idx: Tensor) -> Tensor:
        x = self.tok(idx) + self.pos(torch.arange(idx.size(1)))
        x = x + self.attn(self.ln1(x))
        x = x + self.mlp(self.ln2(x))
        return self.head(x.mean(1))


def get_batch(n: int, table: Tensor, g: torch.Generator) -> tuple[Tensor, Tensor]:
    y = torch.randint(len(table), (n,), generator=g)
    return torch.multinomial(table[y], 16, replacement=True, generator=g), y


def main() -> None:
    torch.manual_seed(0)
    g = torch.Generator().manual_seed(0)
    table = torch.rand(3, 40, generator=g).pow(4)
    model = SequenceClassifier(40)
    opt = torch.optim.AdamW(model.parameters(), lr=3e-3)
    xv, yv = get_batch(400, table, g)
    for step in range(91):
        model.train()
        x, y = get_batch(64, table, g)
        loss = F.cross_entropy(model(x), y)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        if step % 30 == 0:
            model.eval()
            with torch.no_grad():
                acc = (model(xv).argmax(1) == yv).float().mean().item()
            print(f"step {step} loss {loss.item():.3f} val acc {acc:.3f}")


if __name__ == "__main__":
    main()
