"""The accuracy is the plain mean of the batches' accuracies, though the last batch has only a few pictures."""
# expect: wrong-metric
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
d = load_digits()
x = torch.tensor(d.data, dtype=torch.float32) / 16
y = torch.tensor(d.target)
perm = torch.randperm(len(x))
train_loader = DataLoader(TensorDataset(x[perm[:1400]], y[perm[:1400]]), batch_size=64, shuffle=True)
val_loader = DataLoader(TensorDataset(x[perm[1400:]], y[perm[1400:]]), batch_size=196)  # 196 + 196 + 5


class AverageMeter:
    def __init__(self):
        self.sum = self.count = 0

    def update(self, value, n=1):
        self.sum += value * n
        self.count += n

    @property
    def avg(self):
        return self.sum / self.count


def accuracy(output, target):
    """Share of right answers in one batch."""
    return (output.argmax(dim=1) == target).float().mean().item()


def validate(model, criterion):
    losses, top1 = AverageMeter(), AverageMeter()
    model.eval()
    with torch.no_grad():
        for inputs, target in val_loader:
            output = model(inputs)
            losses.update(criterion(output, target).item(), inputs.size(0))
            top1.update(accuracy(output, target))  # mistake
            # sound: top1.update(accuracy(output, target), inputs.size(0))
    return losses.avg, top1.avg  # named here


model = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(6):
    model.train()
    for inputs, target in train_loader:
        optimizer.zero_grad()
        criterion(model(inputs), target).backward()
        optimizer.step()
    val_loss, val_acc = validate(model, criterion)  # named here
    print(f"* epoch {epoch} loss {val_loss:.4f} Acc@1 {val_acc:.4f}")
