"""Changed reduction to 'sum' for a nicer log; with the same lr the training now explodes."""
# expect: loss-sign-or-sum learning-rate-too-high
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
ds = load_digits()
imgs = torch.tensor(ds.images).float()[:, None]
imgs = (imgs - imgs.mean()) / imgs.std()
tgts = torch.tensor(ds.target)
train_dl = DataLoader(TensorDataset(imgs[:1536], tgts[:1536]), batch_size=128, shuffle=True)
val_dl = DataLoader(TensorDataset(imgs[1536:], tgts[1536:]), batch_size=128)

model = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
loss_func = nn.CrossEntropyLoss(reduction='sum')  # mistake
# sound: loss_func = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)


def run_epoch(train=True):
    model.train(train)
    loss_sum, corrects, count = 0., 0, 0
    for xb, yb in (train_dl if train else val_dl):
        with torch.set_grad_enabled(train):
            out = model(xb)
            loss = loss_func(out, yb)  # named here
        if train:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        loss_sum += loss.item()
        corrects += (out.argmax(1) == yb).sum().item()
        count += len(yb)
    return loss_sum, corrects / count


for epoch in range(6):
    tl, ta = run_epoch(True)
    vl, va = run_epoch(False)
    print(f'[{epoch}] train {tl:.3f} {ta:.3f}  val {vl:.3f} {va:.3f}')
