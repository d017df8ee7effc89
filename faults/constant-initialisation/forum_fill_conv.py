"""I wanted a custom init and wrote weight.data.fill_(0.01) for conv and linear layers."""
# expect: constant-initialisation
import math

import torch
import torch.nn as nn
import torch.nn.functional as F


class MyNet(nn.Module):
    def __init__(self):
        super(MyNet, self).__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, 1, 1)
        self.conv2 = nn.Conv2d(8, 16, 3, 1, 1)
        self.fc1 = nn.Linear(16 * 16, 32)
        self.fc2 = nn.Linear(32, 3)
        self._init_weights()

    def _init_weights(self):
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                n = m.kernel_size[0] * m.kernel_size[1] * m.in_channels
                m.weight.data.fill_(math.sqrt(2. / n))  # mistake
                # sound: m.weight.data.normal_(0, math.sqrt(2. / n))
                m.bias.data.zero_()
            elif isinstance(m, nn.Linear):
                m.weight.data.fill_(0.01)  # mistake
                # sound: m.weight.data.normal_(0, math.sqrt(1. / m.in_features))
                m.bias.data.zero_()

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.view(x.shape[0], -1)
        return self.fc2(F.relu(self.fc1(x)))


torch.manual_seed(21)
n = 600
labels = torch.arange(n) % 3
imgs = torch.randn(n, 1, 16, 16) * 0.5
imgs[labels == 0, :, ::2, :] += 0.7
imgs[labels == 1, :, :, ::2] += 0.7
imgs[labels == 2, :, 4:12, 4:12] += 0.9
shuffled = torch.randperm(n)
imgs, labels = imgs[shuffled], labels[shuffled]

model = MyNet()
optimizer = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9)
for epoch in range(6):
    for k in range(0, 480, 24):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(imgs[k:k + 24]), labels[k:k + 24])
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        val = model(imgs[480:])
    acc = (val.argmax(1) == labels[480:]).float().mean()
    print('epoch: %d loss: %.4f val_acc: %.3f' % (epoch, loss.item(), acc))
