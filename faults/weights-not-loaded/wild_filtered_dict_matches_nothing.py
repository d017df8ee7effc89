"""Pretrained weights are filtered by names that never agree; the net gets its own weights back."""
# expect: weights-not-loaded
import torch
import torch.nn as nn


class Encoder(nn.Module):
    def __init__(self):
        super(Encoder, self).__init__()
        self.layer1 = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.layer2 = nn.Sequential(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))

    def forward(self, x):
        return self.layer2(self.layer1(x)).flatten(1)


class Pretrainer(nn.Module):
    def __init__(self):
        super(Pretrainer, self).__init__()
        self.encoder = Encoder()
        self.fc = nn.Linear(32 * 9, 10)

    def forward(self, x):
        return self.fc(self.encoder(x))


class Downstream(nn.Module):
    def __init__(self):
        super(Downstream, self).__init__()
        self.features = Encoder()
        self.classifier = nn.Linear(32 * 9, 4)

    def forward(self, x):
        return self.classifier(self.features(x))


def data(prototypes, n):
    y = torch.randint(len(prototypes), (n,))
    x = prototypes[y] + 0.9 * torch.randn(n, 1, 12, 12)
    return x / x.std(), y


def train(model, x, y, params, epochs, lr):
    optimizer = torch.optim.Adam(params, lr=lr)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(epochs):
        for idx in torch.randperm(len(x)).split(25):
            optimizer.zero_grad()
            loss = criterion(model(x[idx]), y[idx])
            loss.backward()
            optimizer.step()


torch.manual_seed(1)
prototypes = torch.randn(14, 1, 12, 12)
pretrainer = Pretrainer()
xp, yp = data(prototypes[:10], 1000)
train(pretrainer, xp, yp, pretrainer.parameters(), epochs=3, lr=2e-3)

model = Downstream()
pretrained_dict = pretrainer.state_dict()
model_dict = model.state_dict()
# sound: pretrained_dict = {k.replace("encoder.", "features."): v for k, v in pretrained_dict.items()}
pretrained_dict = {k: v for k, v in pretrained_dict.items() if k in model_dict}  # named here
model_dict.update(pretrained_dict)  # named here
model.load_state_dict(model_dict)  # named here

xs, ys = data(prototypes[10:], 500)
train(model, xs[:200], ys[:200], model.parameters(), epochs=4, lr=1e-3)
with torch.no_grad():
    print("downstream accuracy", (model(xs[200:]).argmax(1) == ys[200:]).float().mean().item())
