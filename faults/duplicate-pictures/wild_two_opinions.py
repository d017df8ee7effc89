"""The table has one row for every annotator, so a picture on which they disagree is trained with two labels."""
# expect: duplicate-pictures noisy-labels
import csv
import io
from collections import Counter

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


def make_table(truth, rng):
    """file,label,annotator: two opinions each, the second often another one."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["file", "label", "annotator"])
    for i, t in enumerate(truth):
        writer.writerow([f"{i}.png", t, "anna"])
        writer.writerow([f"{i}.png", t if rng.random() < 0.6 else rng.integers(5), "ben"])
    return out.getvalue()


class Annotated(Dataset):
    def __init__(self, table, pictures):
        rows = list(csv.DictReader(io.StringIO(table)))  # named here
        # sound: rows = [r for r in rows if r["annotator"] == "anna"]
        self.rows = rows  # named here
        self.pictures = pictures

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        row = self.rows[i]
        return self.pictures[row["file"]], int(row["label"])  # named here


rng = np.random.default_rng(4)
torch.manual_seed(4)
looks = rng.normal(0, 1, (5, 1, 9, 9))
truth = rng.integers(0, 5, 500)
pictures = {}
for i, t in enumerate(truth):
    pictures[f"{i}.png"] = torch.tensor(looks[t] + rng.normal(0, 1.2, (1, 9, 9)), dtype=torch.float32)
data = Annotated(make_table(truth, rng), pictures)
print("labels in the table:", sorted(Counter(r["label"] for r in data.rows).items()))
new_truth = torch.tensor(rng.integers(0, 5, 200))
new_pictures = torch.tensor(looks[new_truth] + rng.normal(0, 1.2, (200, 1, 9, 9)), dtype=torch.float32)

loader = DataLoader(data, batch_size=40, shuffle=True)  # named here
net = nn.Sequential(nn.Flatten(), nn.Linear(81, 64), nn.ReLU(), nn.Linear(64, 5))
opt = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
for epoch in range(5):
    net.train()
    total = 0.0
    for x, y in loader:
        loss = nn.functional.cross_entropy(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() / len(loader)
    net.eval()
    with torch.no_grad():
        acc = (net(new_pictures).argmax(1) == new_truth).float().mean().item()
    print(f"epoch {epoch}  loss {total:.3f}  new pictures {acc:.3f}")
