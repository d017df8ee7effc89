"""Encoder and classifier in two modules; between them I went through numpy to do the average pooling."""
# expect: graph-cut
import torch
import torch.nn as nn
import torch.optim as optim

torch.manual_seed(11)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 12, 5, stride=2, padding=2)
        self.conv2 = nn.Conv2d(12, 24, 3, padding=1)
        self.act = nn.LeakyReLU(0.1)

    def forward(self, x):
        return self.act(self.conv2(self.act(self.conv1(x))))


class Classifier(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(24, 48), nn.ReLU(), nn.Linear(48, n))

    def forward(self, f):
        return self.fc(f)


def batch(n):
    """blobs of different size and colour"""
    y = torch.randint(0, 6, (n,))
    size = 3 + 3 * (y % 3)
    x = torch.rand(n, 3, 20, 20) * 0.5
    for i in range(n):
        r, c = torch.randint(0, 20 - int(size[i]), (2,)).tolist()
        x[i, int(y[i]) // 3, r:r + int(size[i]), c:c + int(size[i])] += 0.5
    return x - 0.35, y


encoder, classifier = Encoder(), Classifier(6)
params = list(encoder.parameters()) + list(classifier.parameters())
optimizer = optim.Adam(params, lr=3e-3)
criterion = nn.CrossEntropyLoss()

for it in range(150):
    images, labels = batch(48)
    feats = encoder(images)
    pooled = torch.from_numpy(feats.detach().numpy().mean(axis=(2, 3)))  # mistake
    # sound: pooled = feats.mean(dim=(2, 3))
    scores = classifier(pooled)
    loss = criterion(scores, labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if it % 50 == 49:
        encoder.eval(), classifier.eval()
        with torch.no_grad():
            tx, ty = batch(200)
            acc = (classifier(encoder(tx).mean((2, 3))).argmax(1) == ty).float().mean().item()
        print(f'iter {it + 1}: loss {loss.item():.3f}, test acc {acc:.3f}')
        encoder.train(), classifier.train()
