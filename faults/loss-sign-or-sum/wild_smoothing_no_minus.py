"""My own label smoothing loss goes to -5000 and the accuracy to zero."""
# expect: loss-sign-or-sum
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset
from sklearn.datasets import load_digits

_digits = load_digits()
_x = (torch.tensor(_digits.images).float().unsqueeze(1) - 4.88) / 6.02
_y = torch.tensor(_digits.target)
_order = torch.randperm(len(_x), generator=torch.Generator().manual_seed(0))
x_train, y_train = _x[_order[:1400]], _y[_order[:1400]]
x_test, y_test = _x[_order[1400:]], _y[_order[1400:]]


class LabelSmoothingLoss(nn.Module):
    def __init__(self, classes, smoothing=0.1):
        super().__init__()
        self.classes, self.smoothing = classes, smoothing

    def forward(self, logits, target):
        logp = F.log_softmax(logits, dim=-1)
        with torch.no_grad():
            dist = torch.full_like(logp, self.smoothing / (self.classes - 1))
            dist.scatter_(1, target.unsqueeze(1), 1 - self.smoothing)
        return (dist * logp).sum(-1).mean()  # mistake
        # sound: return -(dist * logp).sum(-1).mean()


torch.manual_seed(0)
net = nn.Sequential(nn.Flatten(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
criterion = LabelSmoothingLoss(10)
for epoch in range(3):
    net.train()
    for x, y in DataLoader(TensorDataset(x_train, y_train), batch_size=50, shuffle=True):
        loss = criterion(net(x), y)  # named here
        opt.zero_grad()
        loss.backward()  # named here
        opt.step()
    net.eval()
    with torch.no_grad():
        print(epoch, loss.item(), (net(x_test).argmax(1) == y_test).float().mean().item())
