"""OneCycleLR is given the number of all batches but stepped once an epoch: it stays in its warm-up."""
# expect: scheduler-misused learning-rate-too-low
import torch
from torch import nn, optim


class Runner:
    def __init__(self, net, x, y, epochs=6, batch_size=25):
        self.net, self.x, self.y = net, x, y
        self.epochs, self.batch_size = epochs, batch_size
        steps_per_epoch = len(x) // batch_size
        self.opt = optim.SGD(net.parameters(), lr=1e-3, momentum=0.9)
        self.sched = optim.lr_scheduler.OneCycleLR(  # named here
            self.opt, max_lr=0.1, epochs=epochs, steps_per_epoch=steps_per_epoch
        )

    def batches(self):
        return torch.randperm(len(self.x)).split(self.batch_size)

    def run(self):
        for epoch in range(self.epochs):
            self.net.train()
            for idx in self.batches():
                self.opt.zero_grad()
                loss = nn.functional.cross_entropy(self.net(self.x[idx]), self.y[idx])
                loss.backward()
                self.opt.step()
                # sound: self.sched.step()
            self.sched.step()  # mistake
            print("epoch", epoch, "lr", self.opt.param_groups[0]["lr"], "loss", loss.item())


def accuracy(net, x, y):
    net.eval()
    with torch.no_grad():
        return (net(x).argmax(1) == y).float().mean().item()


torch.manual_seed(0)
stickers = torch.randn(10, 3, 8, 8)
y = torch.randint(10, (1000,))
x = (stickers[y] + 2 * torch.randn(1000, 3, 8, 8)) / 5**0.5
net = nn.Sequential(
    nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(256, 10)
)
Runner(net, x[:800], y[:800]).run()
print("accuracy", accuracy(net, x[800:], y[800:]))
