"""The attention weights are softmaxed over the queries (dim=1), not over the keys."""
# expect: wrong-dim
import torch
import torch.nn as nn


class SelfAttention(nn.Module):
    def __init__(self, embed_size):
        super().__init__()
        self.values = nn.Linear(embed_size, embed_size, bias=False)
        self.keys = nn.Linear(embed_size, embed_size, bias=False)
        self.queries = nn.Linear(embed_size, embed_size, bias=False)
        self.scale = embed_size**-0.5

    def forward(self, x):
        v, k, q = self.values(x), self.keys(x), self.queries(x)
        energy = torch.einsum("bqd,bkd->bqk", q, k) * self.scale
        attention = torch.softmax(energy, dim=1)  # mistake
        # sound: attention = torch.softmax(energy, dim=2)
        return torch.einsum("bqk,bkd->bqd", attention, v)


class PatchNet(nn.Module):
    def __init__(self, dim=40, classes=5):
        super().__init__()
        self.to_patches = nn.Unfold(kernel_size=4, stride=4)
        self.embed = nn.Linear(3 * 16, dim)
        self.pos = nn.Parameter(torch.zeros(1, 16, dim))
        self.att1, self.att2 = SelfAttention(dim), SelfAttention(dim)
        self.n1, self.n2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.ffn = nn.Sequential(nn.Linear(dim, 2 * dim), nn.ReLU(), nn.Linear(2 * dim, dim))
        self.out = nn.Linear(dim, classes)

    def forward(self, img):
        x = self.embed(self.to_patches(img).transpose(1, 2)) + self.pos
        x = x + self.att1(self.n1(x))
        x = x + self.ffn(x)
        x = x + self.att2(self.n2(x))
        return self.out(x.mean(dim=1))


def main():
    torch.manual_seed(77)
    proto = torch.randn(5, 3, 16, 16)
    y = torch.randint(5, (900,))
    x = 0.7 * proto[y] + 0.7 * torch.randn(900, 3, 16, 16)
    data = torch.utils.data.TensorDataset(x[:700], y[:700])
    loader = torch.utils.data.DataLoader(data, batch_size=35, shuffle=True)
    model = PatchNet()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    loss_fn = nn.CrossEntropyLoss()
    for epoch in range(4):
        for xb, yb in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(xb), yb)
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            acc = (model(x[700:]).argmax(1) == y[700:]).float().mean().item()
        print(f"epoch {epoch}: {loss.item():.3f} {acc:.3f}")


if __name__ == "__main__":
    main()
