"""model.eval without (), test accuracy depends on the batch size I test with."""
# expect: evaluating-in-train-mode
import torch
from torch import nn, optim

torch.manual_seed(77)
NUM_CLASSES = 7
base = torch.randn(NUM_CLASSES, 3, 16, 16)


def make(n):
    lbl = torch.randint(0, NUM_CLASSES, (n,))
    return base[lbl] * 0.6 + torch.randn(n, 3, 16, 16), lbl


x_tr, y_tr = make(700)
x_te, y_te = make(210)


def conv_bn(inp, oup, stride):
    return nn.Sequential(nn.Conv2d(inp, oup, 3, stride, 1, bias=False),
                         nn.BatchNorm2d(oup), nn.ReLU6(inplace=True))


class MobileNetish(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(conv_bn(3, 16, 2), conv_bn(16, 32, 1), conv_bn(32, 32, 2))
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(32 * 16, NUM_CLASSES))

    def forward(self, x):
        x = self.features(x)
        return self.classifier(x.view(x.size(0), -1))


model = MobileNetish()
optimizer = optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
criterion = nn.CrossEntropyLoss()
for epoch in range(4):
    model.train()
    for idx in torch.randperm(len(x_tr)).split(35):
        optimizer.zero_grad()
        loss = criterion(model(x_tr[idx]), y_tr[idx])
        loss.backward()
        optimizer.step()
    model.eval  # mistake
    # sound: model.eval()
    right = 0
    with torch.no_grad():
        for xb, yb in zip(x_te.split(30), y_te.split(30)):
            right += (model(xb).argmax(1) == yb).sum().item()  # named here
    print('epoch', epoch, 'loss %.4f' % loss.item(), 'test acc %.4f' % (right / len(x_te)))
