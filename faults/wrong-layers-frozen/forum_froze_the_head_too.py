"""Transfer learning: my freezing loop keeps layer1 trainable and freezes the new classifier."""
# expect: wrong-layers-frozen
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(0)
dg = load_digits()
img = torch.tensor(dg.images).float().unsqueeze(1) / 16
lab = torch.tensor(dg.target)
even = lab % 2 == 0


class Net(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.layer1 = nn.Conv2d(1, 16, 3, padding=1)
        self.layer2 = nn.Conv2d(16, 32, 3, padding=1)
        self.classifier = nn.Linear(128, n)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.layer1(x)), 2)
        x = F.max_pool2d(F.relu(self.layer2(x)), 2)
        return self.classifier(x.flatten(1))


def run(model, x, y, epochs, lr):
    opt = torch.optim.Adam(filter(lambda p: p.requires_grad, model.parameters()), lr=lr)  # named here
    for e in range(epochs):
        tot = 0
        for ids in torch.randperm(len(x)).split(25):
            loss = F.cross_entropy(model(x[ids]), y[ids])
            opt.zero_grad()
            loss.backward()
            opt.step()
            tot += loss.item() * len(ids)
        print('epoch', e, 'loss', tot / len(x))


print('pretraining on the even digits')
model = Net(5)
run(model, img[even], lab[even] // 2, 4, 2e-3)

print('transfer to the odd digits')
model.classifier = nn.Linear(128, 5)
for name, param in model.named_parameters():
    if 'layer1' not in name:  # mistake
    # sound: if 'classifier' not in name:
        param.requires_grad = False  # named here
x, y = img[~even], lab[~even] // 2
run(model, x[:600], y[:600], 5, 5e-3)
model.eval()
with torch.no_grad():
    print('accuracy', (model(x[600:]).argmax(1) == y[600:]).float().mean().item())
