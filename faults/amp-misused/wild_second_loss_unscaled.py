"""Only one of two losses goes through the scaler; the other's gradient is then divided by 65536 and does nothing."""
# expect: amp-misused
import torch
import torch.nn.functional as F
from torch import nn


class TwoHeads(nn.Module):
    """One trunk; one head says the kind, the other where the kind's mark is."""

    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Flatten(), nn.Linear(144, 96), nn.ReLU(), nn.Linear(96, 64), nn.ReLU())
        self.kind = nn.Linear(64, 5)
        self.place = nn.Linear(64, 4)

    def forward(self, x):
        h = self.trunk(x)
        return self.kind(h), self.place(h)


def make(n, gen):
    marks = torch.randn(5, 6, 6, generator=torch.Generator().manual_seed(0))
    kind = torch.randint(5, (n,), generator=gen)
    place = torch.randint(4, (n,), generator=gen)
    x = 0.5 * torch.randn(n, 1, 12, 12, generator=gen)
    for i in range(n):
        r, c = divmod(place[i].item(), 2)
        x[i, 0, 6 * r : 6 * r + 6, 6 * c : 6 * c + 6] += marks[kind[i]]
    return x, kind, place


def main():
    torch.manual_seed(0)
    gen = torch.Generator().manual_seed(1)
    x, kind, place = make(1500, gen)
    xv, kv, pv = make(300, gen)
    model = TwoHeads()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    scaler = torch.amp.GradScaler("cpu")
    for epoch in range(6):
        model.train()
        for idx in torch.randperm(len(x), generator=gen).split(50):
            optimizer.zero_grad()
            with torch.autocast("cpu", dtype=torch.bfloat16):
                kind_logits, place_logits = model(x[idx])
                loss_kind = F.cross_entropy(kind_logits, kind[idx])
                loss_place = F.cross_entropy(place_logits, place[idx])
            scaler.scale(loss_kind).backward(retain_graph=True)  # named here
            loss_place.backward()  # mistake
            # sound: scaler.scale(loss_place).backward()
            scaler.step(optimizer)  # named here
            scaler.update()
        model.eval()
        with torch.no_grad():
            a, b = model(xv)
        k, p = (a.argmax(1) == kv).float().mean().item(), (b.argmax(1) == pv).float().mean().item()
        print(f"epoch {epoch}: kind {k:.3f}, place {p:.3f}, losses {loss_kind.item():.3f} {loss_place.item():.3f}")


main()
