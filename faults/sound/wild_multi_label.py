"""Several things may be in one picture: sigmoid outputs through BCEWithLogitsLoss, thresholds, mean F1."""
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Scenes(Dataset):
    THINGS = ("sun", "house", "tree", "road")

    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        self.target = (torch.rand(n, 4, generator=g) < 0.4).float()
        self.x = 0.4 * torch.randn(n, 3, 12, 12, generator=g)
        t = self.target[:, :, None, None]
        self.x[:, 0:2, 0:4, 0:4] += t[:, 0:1]
        self.x[:, 0:1, 5:10, 6:11] += t[:, 1:2]
        self.x[:, 1:2, 3:10, 1:4] += t[:, 2:3]
        self.x[:, :, 10:12, :] += 0.6 * t[:, 3:4]

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.target[i]


def f1_scores(pred, truth):
    tp = (pred & truth).sum(0).float()
    return 2 * tp / (pred.sum(0) + truth.sum(0)).clamp(min=1)


torch.manual_seed(1)
train_loader = DataLoader(Scenes(900, 0), batch_size=45, shuffle=True)
val_loader = DataLoader(Scenes(240, 1), batch_size=80)
model = nn.Sequential(nn.Conv2d(3, 12, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(300, 4))
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(5):
    model.train()
    for x, target in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), target)
        loss.backward()
        optimizer.step()
    model.eval()
    said, truth = [], []
    with torch.no_grad():
        for x, target in val_loader:
            said.append(torch.sigmoid(model(x)) > 0.5)
            truth.append(target.bool())
    scores = f1_scores(torch.cat(said), torch.cat(truth))
    print(epoch, f"loss {loss.item():.3f}", dict(zip(Scenes.THINGS, [round(s, 2) for s in scores.tolist()])))
