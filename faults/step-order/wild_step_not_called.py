"""Only the scheduler is stepped; optimizer.step stands without brackets, so no weight ever moves."""
# expect: step-order weights-do-not-change scheduler-misused
import torch
import torch.nn as nn


class Trainer(object):
    def __init__(self, net, epochs=5):
        self.net = net
        self.epochs = epochs
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, nesterov=True)
        self.scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, T_max=epochs)

    def train(self, x, y):
        for epoch in range(self.epochs):
            self.net.train()
            for idx in torch.randperm(len(x)).split(32):
                self.optimizer.zero_grad()
                loss = self.criterion(self.net(x[idx]), y[idx])
                loss.backward()  # named here
                self.optimizer.step  # mistake
                # sound: self.optimizer.step()
            self.scheduler.step()
            print("epoch %d lr %.4f loss %.4f" % (epoch, self.scheduler.get_last_lr()[0], loss.item()))

    def evaluate(self, x, y):
        self.net.eval()
        with torch.no_grad():
            return (self.net(x).max(1)[1] == y).float().mean().item()


if __name__ == "__main__":
    torch.manual_seed(0)
    logos = torch.randn(8, 3, 8, 8)
    labels = torch.randint(8, (1000,))
    pics = (logos[labels] + torch.randn(1000, 3, 8, 8)) / 2**0.5
    net = nn.Sequential(nn.Flatten(), nn.Linear(192, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 8))
    trainer = Trainer(net)
    trainer.train(pics[:800], labels[:800])
    print("accuracy:", trainer.evaluate(pics[800:], labels[800:]))
