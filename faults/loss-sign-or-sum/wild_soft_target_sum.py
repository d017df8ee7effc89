"""A hand-written loss for smoothed labels sums over the batch instead of averaging over it."""
# expect: loss-sign-or-sum learning-rate-too-high
import torch
import torch.nn as nn


class LabelSmoothingLoss(nn.Module):
    def __init__(self, classes, smoothing=0.1):
        super().__init__()
        self.smoothing = smoothing
        self.classes = classes

    def forward(self, logits, target):
        log_probs = logits.log_softmax(dim=-1)
        with torch.no_grad():
            soft = torch.full_like(log_probs, self.smoothing / (self.classes - 1))
            soft.scatter_(1, target.unsqueeze(1), 1.0 - self.smoothing)
        return torch.sum(-soft * log_probs)  # mistake
        # sound: return torch.mean(torch.sum(-soft * log_probs, dim=-1))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 12, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2))
        self.mlp = nn.Sequential(nn.Linear(12 * 36, 64), nn.ReLU(), nn.Linear(64, 6))

    def forward(self, x):
        return self.mlp(self.features(x).flatten(1))


def train_one_epoch(net, criterion, optimizer, x, y, batch_size):
    net.train()
    for idx in torch.randperm(len(x)).split(batch_size):
        loss = criterion(net(x[idx]), y[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@torch.no_grad()
def evaluate(net, x, y):
    net.eval()
    return (net(x).argmax(dim=1) == y).float().mean().item()


torch.manual_seed(3)
centres = torch.randn(6, 3, 12, 12)
y = torch.randint(6, (1200,))
x = (centres[y] + 1.5 * torch.randn(1200, 3, 12, 12)) / 1.8
net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for epoch in range(5):
    train_one_epoch(net, LabelSmoothingLoss(6), optimizer, x[:960], y[:960], 64)
    print(epoch, evaluate(net, x[960:], y[960:]))
