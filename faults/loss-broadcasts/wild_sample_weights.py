"""Per-sample losses (N,) times sample weights (N, 1) makes (N, N): each loss gets all the weights."""
# expect: loss-broadcasts
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

torch.manual_seed(9)


class WeightedDigits(torch.utils.data.Dataset):
    """Every row holds picture, label and a weight: pictures with faint strokes count less."""

    def __init__(self, x, y):
        contrast = x.flatten(1).std(dim=1, keepdim=True)
        self.x, self.y, self.w = x, y, contrast / contrast.mean()

    def __getitem__(self, i):
        return {"image": self.x[i], "label": self.y[i], "weight": self.w[i]}

    def __len__(self):
        return len(self.x)


data = load_digits()
x = (torch.tensor(data.images).float() - 4.88) / 6.02
y = torch.tensor(data.target)
perm = torch.randperm(len(x))
x, y = x[perm], y[perm]
loader = torch.utils.data.DataLoader(WeightedDigits(x[:1400], y[:1400]), batch_size=50, shuffle=True)

model = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
per_sample = nn.CrossEntropyLoss(reduction="none")
opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

for epoch in range(5):
    model.train()
    for batch in loader:
        logits = model(batch["image"])
        losses = per_sample(logits, batch["label"])
        weights = batch["weight"]  # mistake
        # sound: weights = batch["weight"].squeeze(1)
        loss = (losses * weights).mean()  # named here
        opt.zero_grad()
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        acc = (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item()
    print(f"epoch {epoch} weighted loss {loss.item():.3f} accuracy {acc:.3f}")
