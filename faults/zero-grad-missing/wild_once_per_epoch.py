"""zero_grad stands before the loop over the batches, so gradients are cleared once an epoch only."""
# expect: zero-grad-missing
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Learner:
    def __init__(self, model, train_dl, valid_dl, lr):
        self.model, self.train_dl, self.valid_dl = model, train_dl, valid_dl
        self.opt = torch.optim.SGD(model.parameters(), lr=lr)
        self.loss_func = nn.CrossEntropyLoss()

    def one_epoch(self):
        self.model.train()
        self.opt.zero_grad()  # mistake
        for xb, yb in self.train_dl:
            loss = self.loss_func(self.model(xb), yb)
            # sound: self.opt.zero_grad()
            loss.backward()  # named here
            self.opt.step()  # named here

    def validate(self):
        self.model.eval()
        right = total = 0
        with torch.no_grad():
            for xb, yb in self.valid_dl:
                right += (self.model(xb).argmax(1) == yb).sum().item()
                total += len(yb)
        return right / total

    def fit(self, n):
        for epoch in range(n):
            self.one_epoch()
            print(epoch, self.validate())


torch.manual_seed(0)
icons = torch.randn(10, 3, 8, 8)
y = torch.randint(10, (1500,))
x = icons[y] + 1.5 * torch.randn(1500, 3, 8, 8)
x = (x - x.mean()) / x.std()
train_dl = DataLoader(TensorDataset(x[:1200], y[:1200]), batch_size=20, shuffle=True)
valid_dl = DataLoader(TensorDataset(x[1200:], y[1200:]), batch_size=100)
net = nn.Sequential(
    nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(256, 10)
)
Learner(net, train_dl, valid_dl, lr=0.1).fit(4)
