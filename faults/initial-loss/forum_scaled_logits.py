"""First loss is 350 instead of 2.3: I multiply the cosine scores by 1000 to make softmax sharp."""
# expect: initial-loss
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(0)
d = load_digits()
x = torch.tensor(d.images, dtype=torch.float32).unsqueeze(1) / 16
y = torch.tensor(d.target)


class CosineNet(nn.Module):
    def __init__(self, num_classes=10, dim=32):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.embed = nn.Linear(32 * 4, dim)
        self.W = nn.Parameter(torch.randn(num_classes, dim))
        self.s = 1000.0  # mistake
        # sound: self.s = 6.0

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        e = F.normalize(self.embed(x.flatten(1)), dim=1)
        return self.s * e @ F.normalize(self.W, dim=1).t()  # named here


model = CosineNet()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(6):
    perm = torch.randperm(1500)
    for k in range(0, 1500, 50):
        b = perm[k:k + 50]
        loss = F.cross_entropy(model(x[b]), y[b])  # named here
        if epoch == 0 and k == 0:
            print('first loss', loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        acc = (model(x[1500:]).argmax(1) == y[1500:]).float().mean().item()
    print(epoch, loss.item(), acc)
