"""Five kinds of flowers as float labels 0 to 4 and L1 loss on a single output."""
# expect: regression-loss-on-classes
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(8)
KINDS = ['rose', 'tulip', 'daisy', 'iris', 'poppy']
colour = torch.tensor([[.9, .1, .2], [.9, .8, .1], [.9, .9, .9], [.3, .2, .9], [.9, .3, .1]])


def get_batch(n):
    kind = torch.randint(0, 5, (n,))
    x = torch.rand(n, 3, 20, 20) * 0.4
    x[:, :, 6:14, 6:14] += (colour[kind] * 0.6).view(n, 3, 1, 1)
    return x, kind


class Residual(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.a = nn.Conv2d(c, c, 3, padding=1)
        self.b = nn.Conv2d(c, c, 3, padding=1)

    def forward(self, x):
        return F.relu(x + self.b(F.relu(self.a(x))))


class FlowerNet(nn.Module):
    def __init__(self, out):
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, stride=2, padding=1)
        self.body = nn.Sequential(Residual(16), Residual(16))
        self.head = nn.Linear(16, out)

    def forward(self, x):
        x = self.body(F.relu(self.stem(x)))
        return self.head(x.amax((2, 3)))


net = FlowerNet(1)  # mistake
# sound: net = FlowerNet(len(KINDS))
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for step in range(1, 121):
    x, kind = get_batch(32)
    out = net(x)
    loss = F.l1_loss(out[:, 0], kind.float())  # mistake
    # sound: loss = F.cross_entropy(out, kind)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 40 == 0:
        with torch.no_grad():
            x, kind = get_batch(300)
            guess = net(x)[:, 0].round().clamp(0, 4)  # mistake
            # sound: guess = net(x).argmax(1)
        print(step, 'loss %.3f' % loss.item(), 'right: %.3f' % (guess == kind).float().mean().item())
