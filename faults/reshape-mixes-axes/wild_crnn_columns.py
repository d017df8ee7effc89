"""CRNN: columns for the GRU are made with view, not with permute; hardly learns."""
# expect: reshape-mixes-axes samples-mixed
import numpy as np
import torch
import torch.nn as nn
def make_pictures(n, size=32, classes=4, seed=0):
    """squares, crosses, stripes and rings at random places, coloured noise"""
    rng = np.random.RandomState(seed)
    images = rng.normal(0, 0.35, (n, 3, size, size)).astype(np.float32)
    labels = rng.randint(0, classes, n)
    yy, xx = np.mgrid[:size, :size]
    for i, c in enumerate(labels):
        cy, cx = rng.randint(10, size - 10, 2)
        r = rng.randint(5, 9)
        if c == 0:
            m = (abs(yy - cy) < r) & (abs(xx - cx) < r)
        elif c == 1:
            m = ((abs(yy - cy) < 2) | (abs(xx - cx) < 2)) & (abs(yy - cy) < r) & (abs(xx - cx) < r)
        elif c == 2:
            m = ((yy + xx) % 6 < 2) & (abs(yy - cy) < r) & (abs(xx - cx) < r)
        else:
            d = np.sqrt((yy - cy) ** 2 + (xx - cx) ** 2)
            m = (d < r) & (d > r - 3)
        images[i, :, m] += rng.uniform(1.0, 2.0, 3)
    return torch.from_numpy(images), torch.from_numpy(labels).long()


class CRNN(nn.Module):
    """conv features, read column by column by a GRU"""

    def __init__(self, classes=4):
        super().__init__()
        self.cnn = nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2))
        self.rnn = nn.GRU(32 * 8, 48, batch_first=True)
        self.fc = nn.Linear(48, classes)

    def forward(self, x):
        x = self.cnn(x)
        b, c, h, w = x.shape
        x = x.view(b, w, c * h)  # mistake
        # sound: x = x.permute(0, 3, 1, 2).reshape(b, w, c * h)
        out, _ = self.rnn(x)  # named here
        return self.fc(out[:, -1])


torch.manual_seed(0)
images, labels = make_pictures(1400, seed=7)
train = torch.utils.data.TensorDataset(images[:1200], labels[:1200])
val = torch.utils.data.TensorDataset(images[1200:], labels[1200:])
model = CRNN()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(3):
    model.train()
    for x, y in torch.utils.data.DataLoader(train, 40, shuffle=True):
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hit = sum((model(x).argmax(1) == y).sum().item() for x, y in torch.utils.data.DataLoader(val, 50))
    print(epoch, loss.item(), hit / len(val))
