"""All filters of the convolutions are filled with one number: each layer has one filter, many times over."""
# expect: constant-initialisation
import math

import torch
from torch import nn


class TinyVGG(nn.Module):
    cfg = [16, "M", 32, "M"]

    def __init__(self, num_classes=8):
        super().__init__()
        self.features = self._make_layers()
        self.classifier = nn.Linear(32 * 4 * 4, num_classes)
        self._initialize_weights()

    def _make_layers(self):
        layers, channels = [], 1
        for v in self.cfg:
            if v == "M":
                layers.append(nn.MaxPool2d(2, 2))
            else:
                layers += [nn.Conv2d(channels, v, 3, padding=1), nn.ReLU(True)]
                channels = v
        return nn.Sequential(*layers)

    def _initialize_weights(self):
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                n = m.kernel_size[0] * m.kernel_size[1] * m.in_channels
                m.weight.data.fill_(math.sqrt(2.0 / n))  # mistake
                # sound: m.weight.data.normal_(0, math.sqrt(2.0 / n))
                m.bias.data.zero_()

    def forward(self, x):
        x = self.features(x)
        return self.classifier(x.flatten(start_dim=1))


class Trainer:
    def __init__(self, model, lr):
        self.model = model
        self.opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
        self.loss = nn.CrossEntropyLoss()

    def fit(self, x, y, epochs, batch_size=40):
        for _ in range(epochs):
            for idx in torch.randperm(len(x)).split(batch_size):
                self.opt.zero_grad()
                self.loss(self.model(x[idx]), y[idx]).backward()
                self.opt.step()

    @torch.no_grad()
    def score(self, x, y):
        return (self.model(x).argmax(1) == y).float().mean().item()


if __name__ == "__main__":
    torch.manual_seed(7)
    bank = torch.randn(8, 1, 16, 16)
    labels = torch.randint(0, 8, (1000,))
    pictures = bank[labels] + 1.5 * torch.randn(1000, 1, 16, 16)
    pictures = (pictures - pictures.mean()) / pictures.std()
    trainer = Trainer(TinyVGG(), lr=0.01)
    trainer.fit(pictures[:800], labels[:800], epochs=4)
    print(f"score on new pictures: {trainer.score(pictures[800:], labels[800:]):.3f}")
