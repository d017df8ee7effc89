"""nn.init.normal_(m.weight) with the default std of 1: first loss is in the thousands."""
# expect: initialisation-gain initial-loss
import torch
from torch import nn
from sklearn.datasets import load_digits
from sklearn.preprocessing import scale

digits = load_digits()
X = torch.tensor(scale(digits.data), dtype=torch.float32)
Y = torch.tensor(digits.target)
torch.manual_seed(0)
perm = torch.randperm(len(X))
X, Y = X[perm], Y[perm]
Xtr, Ytr, Xdev, Ydev = X[:1400], Y[:1400], X[1400:], Y[1400:]


class DeepNet(nn.Module):
    def __init__(self, depth=5, width=100):
        super().__init__()
        layers = [nn.Linear(64, width), nn.ReLU()]
        for _ in range(depth - 2):
            layers += [nn.Linear(width, width), nn.ReLU()]
        layers += [nn.Linear(width, 10)]
        self.net = nn.Sequential(*layers)
        for m in self.net:
            if isinstance(m, nn.Linear):
                nn.init.normal_(m.weight)  # mistake
                # sound: nn.init.kaiming_normal_(m.weight, nonlinearity='relu')
                nn.init.zeros_(m.bias)

    def forward(self, x):
        return self.net(x)  # named here


model = DeepNet()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
history = []
for epoch in range(10):
    ix = torch.randperm(1400)
    for b in range(0, 1400, 35):
        xb, yb = Xtr[ix[b:b + 35]], Ytr[ix[b:b + 35]]
        loss = criterion(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.append(loss.item())
    with torch.no_grad():
        dev = (model(Xdev).argmax(1) == Ydev).float().mean().item()
    print(f'epoch {epoch}: first loss {history[0]:.2f} last loss {history[-1]:.2f} dev acc {dev:.3f}')
