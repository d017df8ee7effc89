"""A block of conv-bn-conv-bn in which nobody put the ReLU."""
# expect: no-nonlinearity
import torch
import torch.nn as nn
from sklearn.datasets import load_digits


class ConvBN(nn.Module):
    def __init__(self, cin, cout, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, 3, stride=stride, padding=1, bias=False)  # named here
        self.bn = nn.BatchNorm2d(cout)

    def forward(self, x):
        return self.bn(self.conv(x))  # mistake
        # sound: return torch.relu(self.bn(self.conv(x)))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = ConvBN(1, 16)
        self.c2 = ConvBN(16, 32, stride=2)
        self.c3 = ConvBN(32, 32, stride=2)
        self.head = nn.Linear(32 * 4, 10)

    def forward(self, x):
        x = self.c1(x)
        x = self.c2(x)  # named here
        x = self.c3(x)  # named here
        return self.head(x.flatten(1))  # named here


if __name__ == "__main__":
    torch.manual_seed(0)
    bunch = load_digits()
    X = torch.as_tensor(bunch.images, dtype=torch.float32).unsqueeze(1)
    X = (X - X[:1400].mean()) / X[:1400].std()
    y = torch.as_tensor(bunch.target)
    model, loss_func = Model(), nn.CrossEntropyLoss()
    opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for epoch in range(3):
        model.train()
        for ix in torch.randperm(1400).split(50):
            loss = loss_func(model(X[ix]), y[ix])
            loss.backward()
            opt.step()
            opt.zero_grad()
        model.eval()
        with torch.no_grad():
            print(epoch, loss.item(), (model(X[1400:]).argmax(1) == y[1400:]).float().mean().item())
