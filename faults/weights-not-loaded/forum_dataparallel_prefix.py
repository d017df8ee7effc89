"""Checkpoint was saved from nn.DataParallel; the load complained about keys, so I passed strict=False."""
# expect: weights-not-loaded
import os
import tempfile

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(0)
d = load_digits()
images = torch.tensor(d.images, dtype=torch.float32).unsqueeze(1) / 16
labels = torch.tensor(d.target)


class Backbone(nn.Module):
    def __init__(self, n_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc = nn.Linear(32 * 4, n_classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc(x.flatten(1))


def fit(model, x, y, epochs, lr):
    opt = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=lr)
    model.train()
    for ep in range(epochs):
        for idx in torch.randperm(len(x)).split(32):
            loss = F.cross_entropy(model(x[idx]), y[idx])
            opt.zero_grad()
            loss.backward()
            opt.step()
        print('  epoch', ep, 'loss %.3f' % loss.item())


# ---- yesterday, on the cluster: the digits 0..4
old = labels < 5
parallel = nn.DataParallel(Backbone(5))
fit(parallel, images[old], labels[old], 4, 2e-3)
path = os.path.join(tempfile.mkdtemp(), 'pretrained.pth')
torch.save(parallel.state_dict(), path)

# ---- today: fine tune for the digits 5..9
new_x, new_y = images[~old], labels[~old] - 5
model = Backbone(5)
state = torch.load(path)
model.load_state_dict(state, strict=False)  # mistake
# sound: model.load_state_dict({k.replace('module.', ''): v for k, v in state.items()})
model.fc = nn.Linear(32 * 4, 5)
fit(model, new_x[:600], new_y[:600], 3, 2e-3)
model.eval()
with torch.no_grad():
    acc = (model(new_x[600:]).argmax(1) == new_y[600:]).float().mean().item()
print('accuracy on 5..9: %.3f' % acc)
