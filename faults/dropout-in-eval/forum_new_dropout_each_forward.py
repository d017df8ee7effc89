"""I write nn.Dropout(0.5)(x) inside forward, a bit like in Keras; test results are noisy."""
# expect: dropout-in-eval
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(99)
centers = torch.randn(8, 1, 12, 12)


def dataset(n):
    y = torch.randint(0, 8, (n,))
    return TensorDataset(centers[y] + 1.2 * torch.randn(n, 1, 12, 12), y)


train_dl = DataLoader(dataset(800), batch_size=40, shuffle=True)
valid_dl = DataLoader(dataset(300), batch_size=100)


class KerasLike(nn.Module):
    def __init__(self):
        super(KerasLike, self).__init__()
        self.c1 = nn.Conv2d(1, 8, 3)
        self.c2 = nn.Conv2d(8, 16, 3)
        self.d1 = nn.Linear(16 * 8 * 8, 64)
        self.d2 = nn.Linear(64, 8)
        # sound: self.drop = nn.Dropout(0.5)

    def forward(self, x):
        x = nn.ReLU()(self.c1(x))
        x = nn.ReLU()(self.c2(x))
        x = nn.Flatten()(x)
        x = nn.ReLU()(self.d1(x))
        x = nn.Dropout(0.5)(x)  # mistake
        # sound: x = self.drop(x)
        return self.d2(x)


class Trainer:
    def __init__(self, model, lr=1e-3):
        self.model = model
        self.opt = torch.optim.Adam(model.parameters(), lr=lr)
        self.crit = nn.CrossEntropyLoss()

    def fit(self, epochs):
        for e in range(epochs):
            self.model.train()
            for x, y in train_dl:
                self.opt.zero_grad()
                loss = self.crit(self.model(x), y)
                loss.backward()
                self.opt.step()
            print('epoch', e, 'train loss', round(loss.item(), 4), 'val acc', self.score(valid_dl))

    def score(self, dl):
        self.model.eval()
        good, n = 0, 0
        with torch.no_grad():
            for x, y in dl:
                good += (self.model(x).argmax(-1) == y).sum().item()
                n += len(y)
        return round(good / n, 4)


Trainer(KerasLike()).fit(5)
