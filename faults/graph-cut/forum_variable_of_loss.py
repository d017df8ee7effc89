"""Error 'does not require grad', so I put the loss into Variable(..., requires_grad=True). Nothing learns."""
# expect: graph-cut loss-without-gradient
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.autograd import Variable

torch.manual_seed(5)
raw = load_digits()
data = torch.from_numpy(raw.images).float().div(16).view(-1, 1, 8, 8)
target = torch.from_numpy(raw.target).long()


class DigitNet(nn.Module):
    def __init__(self):
        super(DigitNet, self).__init__()
        self.c1 = nn.Conv2d(1, 16, 3, padding=1)
        self.c2 = nn.Conv2d(16, 16, 3, padding=1)
        self.l1 = nn.Linear(16 * 16, 10)

    def forward(self, x):
        x = F.relu(self.c1(x))
        x = F.max_pool2d(F.relu(self.c2(x)), 2)
        return self.l1(x.view(-1, 256))


def compute_loss(output, labels):
    """cross entropy per class, summed up by hand"""
    logp = F.log_softmax(output, dim=1)
    losses = []
    for c in range(10):
        mask = labels == c
        if mask.sum() > 0:
            losses.append(-logp[mask][:, c].sum() / len(labels))
    loss = Variable(torch.Tensor([sum(l.item() for l in losses)]), requires_grad=True)  # mistake
    # sound: loss = sum(losses)
    return loss


net = DigitNet()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for epoch in range(4):
    perm = torch.randperm(1500)
    epoch_loss = 0
    for s in range(0, 1500, 64):
        b = perm[s:s + 64]
        optimizer.zero_grad()
        out = net(Variable(data[b]))
        loss = compute_loss(out, target[b])
        loss.backward()  # named here
        optimizer.step()
        epoch_loss += loss.item()
    with torch.no_grad():
        acc = (net(data[1500:]).max(1)[1] == target[1500:]).float().mean().item()
    print('Epoch: {}  Loss: {:.4f}  Acc: {:.2%}'.format(epoch, epoch_loss, acc))
