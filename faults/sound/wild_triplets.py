"""Triplets of digits; the nearest neighbour among the training pictures names a test picture."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import Dataset, DataLoader
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
digits = load_digits()
X_train, X_test, y_train, y_test = train_test_split(digits.data, digits.target, test_size=0.2, stratify=digits.target, random_state=42)
mean, std = X_train.mean(), X_train.std()
X_train = torch.tensor((X_train - mean) / std, dtype=torch.float32)
X_test = torch.tensor((X_test - mean) / std, dtype=torch.float32)
y_train = torch.tensor(y_train, dtype=torch.long)
y_test = torch.tensor(y_test, dtype=torch.long)

class Triplets(Dataset):
    def __init__(self, x, y):
        self.x, self.y = x, y
        self.by_class = [torch.where(y == c)[0] for c in range(10)]
    def __len__(self):
        return len(self.x)
    def __getitem__(self, i):
        c = int(self.y[i])
        same = self.by_class[c]
        pos = same[torch.randint(len(same), ())]
        other = (c + int(torch.randint(1, 10, ()))) % 10
        neg = self.by_class[other][torch.randint(len(self.by_class[other]), ())]
        return self.x[i], self.x[pos], self.x[neg]

torch.manual_seed(0)
embed = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 16))
opt = torch.optim.Adam(embed.parameters(), lr=1e-3)
crit = nn.TripletMarginLoss(margin=0.5)
for epoch in range(4):
    embed.train()
    for a, p, n in DataLoader(Triplets(X_train, y_train), 64, shuffle=True):
        za, zp, zn = (F.normalize(embed(t), dim=1) for t in (a, p, n))
        loss = crit(za, zp, zn)
        opt.zero_grad()
        loss.backward()
        opt.step()
    embed.eval()
    with torch.no_grad():
        ztr, zte = F.normalize(embed(X_train), dim=1), F.normalize(embed(X_test), dim=1)
        nn1 = y_train[(zte @ ztr.T).argmax(1)]
    print(epoch, loss.item(), (nn1 == y_test).float().mean().item())
